"""Bootstrap intervals of means over groups, and over repetitions of them."""

import numpy as np


def intervals(
    sums: np.ndarray, counts: np.ndarray | None, resamples: int, confidence: float, seed: int
) -> np.ndarray:
    """Percentile intervals of means (Efron 1979). Whole groups and whole repetitions are resampled.

    Groups and repetitions are drawn with replacement, independently of each other; a resample holds the drawn
    groups in each drawn repetition (the pigeonhole bootstrap, Owen 2007). One seed draws the same groups and
    repetitions for every column, and in every call with as many of them: to have paired intervals of differences,
    give the differences as columns.

    Args:
        sums: of a group's values in each repetition, `(groups, repetitions, ...)`; further axes are columns.
        counts: number of values in a group's sum, `(groups,)`; None: one each.
        resamples: number of resamples.
        confidence: of the intervals, in (0, 1).

    Returns:
        Low and high end, `(2, ...)`.
    """
    rng = np.random.default_rng(seed)
    groups, repetitions = (rng.multinomial(n, np.full(n, 1 / n), size=resamples) for n in sums.shape[:2])
    totals = np.einsum("rg,gk...,rk->r...", groups, sums, repetitions, optimize=True)
    sizes = sums.shape[1] * (groups.sum(1) if counts is None else groups @ counts)
    means = totals / sizes.reshape(-1, *[1] * (totals.ndim - 1))
    return np.quantile(means, [(1 - confidence) / 2, (1 + confidence) / 2], axis=0)
