"""Means of scores and their paired differences, with bootstrap intervals: the one table of every comparison."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from metahdr.evaluation.bootstrap import intervals


def compare(
    rows: pd.DataFrame,
    cells: list[str],
    unit: str,
    references: dict[str, Callable[[tuple], tuple]],
    resamples: int,
    confidence: float,
    seed: int,
    repetition: str | None = None,
) -> pd.DataFrame:
    """Compares what was scored on the same scenes and exposures.

    A cell is what is compared, such as a method, or an arm and mode. Values are paired by scene, exposure and
    repetition. An exposure for which some cell has no finite value, because the metric's region is empty, is left
    out for all cells: all means are over the same images. Whole units, and repetitions independently of them, are
    resampled, the same ones for all cells. A unit weighs as much as it has values.

    Args:
        rows: one value each: scene, ev, metric, value and the columns that `cells`, `unit` and `repetition` name.
        cells: columns that name a cell; cells keep the order of their first rows.
        unit: column of what is resampled as a whole: `scene` or `source`.
        references: for each kind of difference its name, and from a cell to the one that is subtracted from it;
            cells are named tuples of `cells`.
        resamples: number of resamples.
        confidence: of the intervals, in (0, 1).
        seed: of the resamples.
        repetition: column of repetitions, such as the seeds of a training; None: there are none.

    Returns:
        One row per (metric, cell): metric, `cells`, mean, low, high; `<name>`, `<name>_low`, `<name>_high` for
        each reference; `<repetition>_std`, the standard deviation of the repetitions' means, missing for a single
        one; count, the number of values. Without any value the numbers are missing and the count is 0.

    Raises:
        ValueError: the rows are not paired: a cell lacks a row that another has.
    """
    pairing = list(dict.fromkeys([unit, "scene", "ev"]))
    again = repetition or "repetition"
    rows = rows if repetition else rows.assign(repetition=0)
    names = list(rows[cells].drop_duplicates().itertuples(index=False, name="Cell"))
    repetitions = sorted(set(rows[again]))
    pairs = rows[pairing].drop_duplicates().sort_values(pairing)
    wanted = pd.MultiIndex.from_tuples(
        [
            (*pair, number, *cell)
            for pair in pairs.itertuples(index=False)
            for number in repetitions
            for cell in names
        ],
        names=[*pairing, again, *cells],
    )
    subtracted = [[names.index(reference(cell)) for cell in names] for reference in references.values()]
    result = []
    for metric in dict.fromkeys(rows.metric):
        values = rows[rows.metric == metric].set_index(wanted.names).value
        _check_paired(metric, wanted, values.index)
        table = values.reindex(wanted).to_numpy(float).reshape(len(pairs), len(repetitions), len(names))
        kept = np.isfinite(table).all((1, 2))
        numbers = _summarise(table[kept], pairs[unit][kept], subtracted, resamples, confidence, seed)
        spread = pd.DataFrame(table[kept].mean(0)).std() if kept.any() else np.full(len(names), np.nan)
        for index, cell in enumerate(names):
            row = {"metric": metric, **cell._asdict()}
            for kind, name in enumerate(["mean", *references]):
                low, high = ("low", "high") if name == "mean" else (f"{name}_low", f"{name}_high")
                row |= dict(zip((name, low, high), numbers[:, index, kind], strict=True))
            row |= {f"{again}_std": spread[index]} if repetition else {}
            result.append(row | {"count": int(kept.sum()) * len(repetitions)})
    return pd.DataFrame(result)


def _check_paired(metric: str, wanted: pd.MultiIndex, found: pd.MultiIndex) -> None:
    missing = wanted[~wanted.isin(found)]
    if len(missing):
        row = ", ".join(f"{name} {value}" for name, value in zip(wanted.names, missing[0], strict=True))
        raise ValueError(f"the scores are not paired: {len(missing)} rows of {metric} are missing, first {row}")


def _summarise(
    table: np.ndarray, units: pd.Series, subtracted: list, resamples: int, confidence: float, seed: int
) -> np.ndarray:
    """Mean, low and high, `(3, cells, 1 + references)`, of `(pairs, repetitions, cells)`, pairs sorted by unit."""
    if not len(table):
        return np.full((3, table.shape[2], 1 + len(subtracted)), np.nan)
    quantities = np.stack([table, *(table - table[..., index] for index in subtracted)], axis=-1)
    starts = np.flatnonzero(~units.duplicated().to_numpy())
    sums, counts = np.add.reduceat(quantities, starts), np.diff(starts, append=len(units))
    means = sums.sum((0, 1)) / (len(units) * table.shape[1])
    return np.stack([means, *intervals(sums, counts, resamples, confidence, seed)])
