"""Intervals of means over places and seeds."""

from typing import NamedTuple

import numpy as np
from scipy.stats import t as student


class Variance(NamedTuple):
    """An estimated variance of a mean, and the degrees of freedom of the estimate; arrays of one shape."""

    value: np.ndarray
    freedom: np.ndarray


def mean_interval(
    sums: np.ndarray, counts: np.ndarray, confidence: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The mean of all values and its t interval, where units (places) and repetitions (seeds) are both random.

    Args:
        sums: of a unit's values in each repetition, `(units, repetitions, ...)`; further axes are columns.
        counts: number of values in a unit's sum, `(units, ...)`; a unit without a value does not take part.
        confidence: of the interval, in (0, 1).

    Returns:
        Mean, low and high end, `(...)` each. One unit says nothing about others: low and high are NaN then, as
        everything is without any value.
    """
    with np.errstate(invalid="ignore"):
        mean = sums.sum((0, 1)) / (sums.shape[1] * counts.sum(0))
    half = half_width(total([between_units(sums.mean(1), counts), between_repetitions(sums, counts)]), confidence)
    return mean, mean - half, mean + half


def between_units(sums: np.ndarray, counts: np.ndarray) -> Variance:
    """Variance of the mean over units, `(units, ...)` both.

    Units may have different numbers of values; the mean is then a ratio, and this is the variance of its
    linearisation (Cochran 1977, section 6.5). With equal numbers it is that of the units' means over their number.
    """
    total, units = counts.sum(0), (counts > 0).sum(0)
    with np.errstate(divide="ignore", invalid="ignore"):
        residuals = sums - sums.sum(0) / total * counts
        return Variance(units / (units - 1) * (residuals**2).sum(0) / total**2, units - 1)


def between_repetitions(sums: np.ndarray, counts: np.ndarray) -> Variance:
    """Variance of the mean over repetitions, `(units, repetitions, ...)`; 0 where there is one alone."""
    number = sums.shape[1]
    if number == 1:
        return Variance(np.zeros(sums.shape[2:]), np.array(np.inf))
    with np.errstate(invalid="ignore"):
        return Variance((sums.sum(0) / counts.sum(0)).var(0, ddof=1) / number, np.array(number - 1))


def total(variances: list[Variance]) -> Variance:
    """The sum of independent variances, with Satterthwaite's degrees of freedom (1946).

    The interaction of units and repetitions is in the variance of each and so counted twice: the interval is
    conservative.
    """
    value = sum(variance.value for variance in variances)
    with np.errstate(divide="ignore", invalid="ignore"):
        return Variance(value, value**2 / sum(variance.value**2 / variance.freedom for variance in variances))


def half_width(variance: Variance, confidence: float) -> np.ndarray:
    """Half of the t interval of a mean; 0 where nothing varies."""
    width = student.ppf((1 + confidence) / 2, variance.freedom) * np.sqrt(variance.value)
    return np.where(variance.value == 0, 0.0, width)


def p_value(difference: np.ndarray, variance: Variance) -> np.ndarray:
    """How likely a mean at least as far from 0 is by chance, if the true one is 0: two-sided t test."""
    with np.errstate(divide="ignore", invalid="ignore"):
        p = 2 * student.sf(np.abs(difference) / np.sqrt(variance.value), variance.freedom)
    return np.where(variance.value == 0, difference == 0, p)


def with_interval(value: float, low: float, high: float, decimals: int, sign: str = "+") -> str:
    """`+3.00 [+0.52, +5.48]`; the value alone where it has no interval."""
    value_text, *ends = (f"{each:{sign}.{decimals}f}" for each in (value, low, high))
    return value_text if np.isnan(low) else f"{value_text} [{', '.join(ends)}]"
