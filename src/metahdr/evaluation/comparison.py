"""Scores side by side: what is compared has a value for the same images, else there is no comparison."""

from collections.abc import Mapping
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
        images: a row an image: its place, scene and ev, and its fold where the scores have one.
        places: number of each image's place, 0, 1, ...; `(images,)`.
        cells: what is compared, a named tuple each.
        measures: a row each: metric, and where the scores have them alignment and region.
    """

    values: np.ndarray
    images: pd.DataFrame
    places: np.ndarray
    cells: list[tuple]
    measures: pd.DataFrame

    def sums(self, values: np.ndarray, kept: np.ndarray) -> np.ndarray:
        """Of the kept ones of `(images, ...)`, the sum of each place, `(places, ...)`."""
        belongs = np.arange(self.places.max(initial=-1) + 1)[:, None] == self.places
        return np.tensordot(belongs.astype(float), np.where(kept, values, 0), 1)

    def kept(self) -> np.ndarray:
        """Images with a finite value in every cell and repetition, `(images, measures)`."""
        return np.isfinite(self.values).all((1, 2))

    def counts(self, kept: np.ndarray) -> np.ndarray:
        """Number of kept images of each place, `(places, measures)`."""
        return self.sums(np.ones_like(kept, float), kept)

    def mean(
        self, values: np.ndarray, kept: np.ndarray, confidence: float, difference: str = ""
    ) -> dict[str, np.ndarray]:
        """Mean and t interval over places and repetitions.

        Args:
            values: `(images, repetitions, cells, measures)`, scores or differences of them.
            kept: images that count, `(images, measures)`.
            difference: name of the difference that the values are; empty for scores.

        Returns:
            `mean`, `low` and `high`, or `<difference>`, `<difference>_low` and `<difference>_high`,
            `(cells, measures)` each.
        """
        names = (difference, f"{difference}_low", f"{difference}_high") if difference else ("mean", "low", "high")
        sums = self.sums(values, kept[:, None, None])
        numbers = mean_interval(sums, self.counts(kept)[:, None], confidence)
        return dict(zip(names, numbers, strict=True))

    def share(self, true: np.ndarray, kept: np.ndarray) -> np.ndarray:
        """Share of the kept images for which something is true, `(images, repetitions, ...)` to `(...)`."""
        with np.errstate(invalid="ignore"):
            return np.where(kept[:, None, None], true, 0).sum((0, 1)) / (kept.sum(0) * true.shape[1])


def pair(rows: pd.DataFrame, cells: list[str], repetition: str | None = None) -> Paired:
    """Arranges scores for comparison.

    Args:
        rows: one value each: place, scene, ev, metric, value and the columns that the other arguments name; fold,
            alignment and region count where there are such columns.
        cells: columns that name a cell; cells keep the order of their first rows.
        repetition: column of repetitions, such as the seeds of a training; None: there are none. A row with the
            repetition `none` counts in each of them alike.

    Raises:
        ValueError: a cell lacks a row that another has, or has it twice.
    """
    pairing = [name for name in ("place", "fold", "scene", "ev") if name in rows]
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
    return Paired(values, images, _number(images[["place"]])[0], named, measures)


def compare(
    rows: pd.DataFrame,
    cells: list[str],
    references: Mapping[str, Mapping[str, str]],
    confidence: float,
    repetition: str | None = None,
) -> pd.DataFrame:
    """Means of all cells and their differences from others, each with its interval over places and repetitions.

    An image for which some cell has no finite value, because the metric's region is empty, is left out for all
    cells: all means are over the same images. A place weighs as much as it has images.

    Args:
        rows, cells, repetition: see `pair`.
        references: by the name of a difference, what the subtracted cell has otherwise than the cell itself. With
            `{"gain": {"mode": "single"}}` a gain is the difference from the cell of the same name whose mode is
            `single`.
        confidence: of the intervals, in (0, 1).

    Returns:
        One row per measure and cell: metric (alignment, region), `cells`, mean, low, high; `<name>`, `<name>_low`,
        `<name>_high` for each reference; `<repetition>_std`, the standard deviation of the repetitions' means,
        missing for a single one; count, the number of values. Without any value the numbers are missing.

    Raises:
        ValueError: the rows are not paired.
    """
    paired = pair(rows, cells, repetition)
    kept, repetitions = paired.kept(), paired.values.shape[1]
    numbers = paired.mean(paired.values, kept, confidence)
    for name, reference in references.items():
        others = [paired.cells.index(cell._replace(**reference)) for cell in paired.cells]
        numbers |= paired.mean(paired.values - paired.values[:, :, others], kept, confidence, name)
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
