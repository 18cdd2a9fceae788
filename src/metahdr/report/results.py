"""What the report reads of a run: scores, their summary, test scenes and predictions."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from metahdr.config.score import METAHDR
from metahdr.errors import ImageError
from metahdr.evaluation.predictions import prediction_name
from metahdr.evaluation.scores import CELL, NONE
from metahdr.images.files import read_hdr
from metahdr.metrics.metric import Metric
from metahdr.registry import METHODS, METRICS
from metahdr.scenes.scene import Scene, Scenes
from metahdr.tables import read_table
from metahdr.workflow.folders import DatasetFolder

# What the first screen measures by: metric and alignment, as far as the run has them.
MAIN = [("ssim", "plain"), ("psnr", "plain"), ("pu21_psnr", "plain"), ("pu21_psnr", "crf"), ("cvvdp", "crf")]
# The metric of a scene's gain, of the first picture and of the figures: the first that the run has.
RANKED_BY = [("pu21_psnr", "crf"), ("pu21_psnr", "plain"), ("psnr", "plain")]


class Cell(NamedTuple):
    """A row of the tables: a method, the label source of its meta-training, and what it is given."""

    method: str
    label_source: str
    mode: str


class Column(NamedTuple):
    """A column of the tables."""

    metric: str
    alignment: str
    region: str = "all"
    ev: str = "all"


class Results:
    """A dataset's results folder.

    Args:
        data: the folder.
        confidence: of the intervals, in (0, 1).
    """

    def __init__(self, data: Path, confidence: float):
        self.data, self.folder, self.confidence = data, DatasetFolder(data), confidence
        self.scores = read_table(self.folder.scores).astype({"seed": str, "fold": int})
        self.summary = read_table(self.folder.summary).astype({"ev": str})
        self.common = self.summary[self.summary.table == "all"]
        self.folds = sorted(set(self.scores.fold))

    @cached_property
    def cells(self) -> list[Cell]:
        """The cells of the common table."""
        return distinct(self.common, Cell)

    @cached_property
    def rows(self) -> dict[tuple[str, Cell, Column], NamedTuple]:
        """The summary's rows by table, cell and column."""
        keys = zip(self.summary.table, each(self.summary, Cell), each(self.summary, Column), strict=True)
        return dict(zip(keys, self.summary.itertuples(), strict=True))

    @cached_property
    def columns(self) -> list[Column]:
        """Every column of the summary, in its order."""
        return distinct(self.summary, Column)

    def has(self, wanted: list[tuple[str, str]]) -> list[Column]:
        """Of metrics with alignments those that the run measured, over all pixels and exposures."""
        return [column for column in (Column(*each) for each in wanted) if column in self.columns]

    @cached_property
    def first_columns(self) -> list[Column]:
        """Those of `MAIN`; of a run that measured none of them, the ranking column."""
        return self.has(MAIN) or [self.ranking]

    @cached_property
    def ranking(self) -> Column:
        """The column that scenes are ranked by."""
        return (self.has(RANKED_BY) or self.columns)[0]

    @cached_property
    def main(self) -> Cell:
        """The cell that the first screen speaks of: the network, adapted with labels that need no truth."""
        adapted = [cell for cell in self.cells if cell.method == METAHDR and cell.mode.startswith("adapted_")]
        honest = [cell for cell in adapted if "support_truth" not in METHODS[METAHDR].inputs(cell.mode)]
        own = [cell for cell in honest if cell.mode == f"adapted_{cell.label_source}"]
        return (own or honest or adapted)[0]

    @property
    def single(self) -> Cell:
        """The main cell's network before adaptation."""
        return self.main._replace(mode="single")

    def best(self, cell: Cell, column: Column) -> Cell | None:
        """The best baseline with the same inputs; None where there is none."""
        return best_of(self.rows.get(("all", cell, column)))

    def values(self, cell: Cell, column: Column) -> pd.Series:
        """A value for each place, scene and held-out exposure, averaged over the seeds."""
        return self._values.loc[(*cell, column.metric, column.alignment, column.region)]

    @cached_property
    def _values(self) -> pd.Series:
        return self.scores.groupby([*CELL, "metric", "alignment", "region", "place", "scene", "ev"]).value.mean()

    @cached_property
    def seeds(self) -> dict[Cell, list[str]]:
        """The seeds of each cell; pictures are of the first one."""
        return {Cell(*key): sorted(set(seeds)) for key, seeds in self.scores.groupby(CELL).seed}

    @cached_property
    def scenes(self) -> dict[str, tuple[Scenes, int]]:
        """The scored scenes by name, each with its fold's scenes and its index there."""
        scored = set(self.scores.scene)
        tests = [Scenes(self.folder.fold(fold).path, "test") for fold in self.folds]
        found = {name: (test, index) for test in tests for index, name in enumerate(test.table.scene)}
        return {name: place for name, place in found.items() if name in scored}

    def scene(self, name: str) -> Scene:
        scenes, index = self.scenes[name]
        return scenes[index]

    def __iter__(self) -> Iterator[Scene]:
        return map(self.scene, self.scenes)

    def prediction_file(self, cell: Cell, scene: str, ev: float) -> Path:
        """The file of a prediction; of a meta-training that of its first seed."""
        scenes, index = self.scenes[scene]
        if cell.label_source == NONE:
            made = scenes.fold.method(cell.method)
        else:
            made = scenes.fold.training(cell.method, cell.label_source, self.seeds[cell][0])
        return made.predictions(scenes.table.chunk[index]) / prediction_name(scene, ev, cell.mode)

    def prediction(self, cell: Cell, scene: Scene, ev: float) -> np.ndarray | None:
        """A prediction, `(H, W, 3)`; None where it is missing, damaged or not an image of radiance."""
        try:
            image = read_hdr(self.prediction_file(cell, scene.name, ev))
        except ImageError:
            return None
        right = image.shape[:2] == tuple(scene.hdr.shape[1:]) and np.isfinite(image).all() and image.min() >= 0
        return image if right else None


def each(table: pd.DataFrame, kind: type[tuple]) -> list:
    """The cell, or the column, of every row of a table."""
    return [kind(*row) for row in table[list(kind._fields)].itertuples(index=False)]


def distinct(table: pd.DataFrame, kind: type[tuple]) -> list:
    """The different cells or columns of a table, in its order."""
    return list(dict.fromkeys(each(table, kind)))


def best_of(row: tuple | None) -> Cell | None:
    """The best baseline that a row of the summary names; None where there is none."""
    if row is None or not isinstance(row.best, str):
        return None
    method, mode = row.best.split("/")
    return Cell(method, NONE, mode)


def metric_of(column: Column) -> Metric:
    return METRICS[column.metric]


def truth_of(scene: Scene) -> np.ndarray:
    """`(H, W, 3)`."""
    return scene.hdr.numpy().transpose(1, 2, 0)


def in_scale(scene: Scene, ev: float, images: Sequence[np.ndarray | None]) -> list[np.ndarray | None]:
    """Input, reconstructions and truth as light in the scale of an exposure, where it clips at 1.0.

    The input is as if its values to the power of 2.2 were all of the light.
    """
    scale = np.float32(2.0 ** scene.stops[scene.evs.index(ev)])
    light = [None if image is None else image * scale for image in (*images, truth_of(scene))]
    return [(input_of(scene, ev) / np.float32(255)) ** np.float32(2.2), *light]


def input_of(scene: Scene, ev: float) -> np.ndarray:
    """The exposure as it is, 8 bits, `(H, W, 3)`."""
    return np.round(scene.ldr[scene.evs.index(ev)].numpy().transpose(1, 2, 0) * 255).astype(np.uint8)
