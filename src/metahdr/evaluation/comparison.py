"""Scores side by side: what is compared has a value for the same images, else there is no comparison."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from metahdr.evaluation.interval import mean_interval
from metahdr.evaluation.scores import NONE


@dataclass(frozen=True)
class Paired:
    """Scores of the same images in every cell and repetition, as one array.

    Attributes:
        values: `(images, repetitions, cells, measures)`, NaN where a measure's region is empty.
        images: a row an image: its unit, fold, scene, ev and what else the pairing names.
        units: number of each image's unit, 0, 1, ...; `(images,)`.
        cells: what is compared, a named tuple each.
        measures: a row each: metric, and where the scores have them alignment and region.
    """

    values: np.ndarray
    images: pd.DataFrame
    units: np.ndarray
    cells: list[tuple]
    measures: pd.DataFrame

    def sums(self, values: np.ndarray, kept: np.ndarray) -> np.ndarray:
        """Of the kept ones of `(images, ...)`, the sum of each unit, `(units, ...)`."""
        belongs = np.arange(self.units.max(initial=-1) + 1)[:, None] == self.units
        return np.tensordot(belongs.astype(float), np.where(kept, values, 0), 1)

    def kept(self) -> np.ndarray:
        """Images with a finite value in every cell and repetition, `(images, measures)`."""
        return np.isfinite(self.values).all((1, 2))

    def unit_counts(self, kept: np.ndarray) -> np.ndarray:
        """Number of units with a kept image, `(measures,)`."""
        return (self.sums(np.ones_like(kept, float), kept) > 0).sum(0)

    def mean(
        self, values: np.ndarray, kept: np.ndarray, confidence: float
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Mean and t interval over units and repetitions.

        Args:
            values: `(images, repetitions, cells, measures)`, scores or differences of them.
            kept: images that count, `(images, measures)`.

        Returns:
            Mean, low and high, `(cells, measures)` each.
        """
        counts = self.sums(np.ones_like(kept, float), kept)
        return mean_interval(self.sums(values, kept[:, None, None]), counts[:, None], confidence)

    def share(self, true: np.ndarray, kept: np.ndarray) -> np.ndarray:
        """Share of the kept images for which something is true, `(images, repetitions, ...)` to `(...)`."""
        with np.errstate(invalid="ignore"):
            return np.where(kept[:, None, None], true, 0).sum((0, 1)) / (kept.sum(0) * true.shape[1])


def pair(rows: pd.DataFrame, cells: list[str], unit: str, repetition: str | None = None) -> Paired:
    """Arranges scores for comparison.

    Args:
        rows: one value each: scene, ev, metric, value and the columns that the other arguments name; fold,
            alignment and region count where there are such columns.
        cells: columns that name a cell; cells keep the order of their first rows.
        unit: column of what is taken as a whole: `place`, or `source`.
        repetition: column of repetitions, such as the seeds of a training; None: there are none. A row with the
            repetition `none` counts in each of them alike.

    Raises:
        ValueError: a cell lacks a row that another has, or has it twice.
    """
    pairing = [unit, *(name for name in ("fold", "scene", "ev") if name in rows and name != unit)]
    measuring = [name for name in ("metric", "alignment", "region") if name in rows]
    image, images = _number(rows[pairing], sort=True)
    cell, names = _number(rows[cells])
    measure, measures = _number(rows[measuring])
    repeated = rows[repetition].to_numpy() if repetition else np.full(len(rows), NONE)
    repetitions = sorted(set(repeated) - {NONE}) or [NONE]
    found = np.zeros((len(images), len(repetitions), len(names), len(measures)), int)
    values = np.full(found.shape, np.nan)
    for number, name in enumerate(repetitions):
        here = (repeated == name) | (repeated == NONE)
        place = (image[here], number, cell[here], measure[here])
        values[place] = rows.value.to_numpy(float)[here]
        np.add.at(found, place, 1)
    if (found != 1).any():
        i, number, c, m = np.argwhere(found != 1)[0]
        first = {**images.iloc[i], **({repetition: repetitions[number]} if repetition else {})}
        first |= {**names.iloc[c], **measures.iloc[m]}
        text = ", ".join(f"{name} {value}" for name, value in first.items())
        raise ValueError(
            f"the scores are not paired: {(found == 0).sum()} rows are missing and {(found > 1).sum()} are there "
            f"more than once, first {text}"
        )
    named = list(names.itertuples(index=False, name="Cell"))
    return Paired(values, images, _number(images[[unit]])[0], named, measures)


def compare(
    rows: pd.DataFrame,
    cells: list[str],
    unit: str,
    references: dict[str, Callable[[tuple], tuple]],
    confidence: float,
    repetition: str | None = None,
) -> pd.DataFrame:
    """Means of all cells and their differences from others, each with its interval over units and repetitions.

    An image for which some cell has no finite value, because the metric's region is empty, is left out for all
    cells: all means are over the same images. A unit weighs as much as it has images.

    Args:
        rows, cells, unit, repetition: see `pair`.
        references: for each kind of difference its name, and from a cell to the one that is subtracted from it;
            cells are named tuples of `cells`.
        confidence: of the intervals, in (0, 1).

    Returns:
        One row per measure and cell: metric (alignment, region), `cells`, mean, low, high; `<name>`, `<name>_low`,
        `<name>_high` for each reference; `<repetition>_std`, the standard deviation of the repetitions' means,
        missing for a single one; count, the number of values. Without any value the numbers are missing.

    Raises:
        ValueError: the rows are not paired.
    """
    paired = pair(rows, cells, unit, repetition)
    kept, repetitions = paired.kept(), paired.values.shape[1]
    numbers = dict(zip(("mean", "low", "high"), paired.mean(paired.values, kept, confidence), strict=True))
    for name, reference in references.items():
        others = [paired.cells.index(reference(cell)) for cell in paired.cells]
        differences = paired.mean(paired.values - paired.values[:, :, others], kept, confidence)
        numbers |= dict(zip((name, f"{name}_low", f"{name}_high"), differences, strict=True))
    if repetition:
        means = repetition_means(paired, kept)
        numbers[f"{repetition}_std"] = means.std(0, ddof=1) if repetitions > 1 else np.full_like(means[0], np.nan)
    numbers["count"] = np.broadcast_to(kept.sum(0) * repetitions, numbers["mean"].shape)
    return flatten(paired, numbers)


def repetition_means(paired: Paired, kept: np.ndarray) -> np.ndarray:
    """Mean over the kept images of each repetition, `(repetitions, cells, measures)`."""
    with np.errstate(invalid="ignore"):
        return np.where(kept[:, None, None], paired.values, 0).sum(0) / kept.sum(0)


def flatten(paired: Paired, numbers: dict[str, np.ndarray]) -> pd.DataFrame:
    """One row per measure and cell, from arrays `(cells, measures)`."""
    measures = paired.measures.loc[paired.measures.index.repeat(len(paired.cells))].reset_index(drop=True)
    cells = pd.DataFrame(paired.cells * len(paired.measures))
    columns = pd.DataFrame({name: array.T.ravel() for name, array in numbers.items()})
    return pd.concat([measures, cells, columns], axis=1)


def _number(table: pd.DataFrame, sort: bool = False) -> tuple[np.ndarray, pd.DataFrame]:
    """The number of every row among the different ones, and these, by first appearance or sorted."""
    table = table.reset_index(drop=True)
    numbers = table.groupby(list(table), sort=sort).ngroup()
    return numbers.to_numpy(), table.loc[numbers.drop_duplicates().sort_values().index].reset_index(drop=True)
