"""The one bootstrap: percentile intervals of means over groups, and over repetitions where there are some."""

import numpy as np


def intervals(
    sums: np.ndarray, counts: np.ndarray | None, resamples: int, confidence: float, seed: int
) -> np.ndarray:
    """Percentile intervals (Efron 1979) of means that whole groups, and whole repetitions, are resampled for.

    Groups and repetitions are drawn with replacement, independently of each other: a resample takes the drawn
    groups from each drawn repetition (the pigeonhole bootstrap, Owen 2007). The same seed draws the same ones for
    every column and in every call with as many groups and repetitions; intervals of differences are paired when
    the columns are differences.

    Args:
        sums: a group's sum in each repetition, `(groups, repetitions, ...)`; each further index is a column.
        counts: how many values a group's sum has, `(groups,)`; None: one each.
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
