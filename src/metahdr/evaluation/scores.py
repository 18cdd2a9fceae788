"""Scores of predictions, one row a value, and their means."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from metahdr.errors import ImageError, UserError
from metahdr.evaluation.comparison import compare
from metahdr.evaluation.predictions import modes, prediction_name
from metahdr.images import read_hdr
from metahdr.metrics.metric import Metric, clipped_pixels
from metahdr.protocols import PAPER
from metahdr.registry import METHODS
from metahdr.scenes import Scene, Scenes
from metahdr.training.progress import track

METAHDR = "metahdr"  # the method of the meta-training runs
NO_RUN = "none"  # the run of every other method


@dataclass(frozen=True)
class Predictions:
    """One method's predictions of every test scene and held-out exposure.

    Attributes:
        method: its name in the registry.
        run: label source that the meta-training used; `none` for other methods.
        mode: `single`, `stack`, or `adapted_<label source>`.
        folder: of the files that `prediction_name` names.
    """

    method: str
    run: str
    mode: str
    folder: Path


def list_predictions(
    data: Path, runs: list[str], methods: list[str], label_sources: list[str]
) -> list[Predictions]:
    """What a run of the workflow scores: the methods, then every run in each mode.

    Args:
        data: the dataset's results folder.
        runs: the meta-training runs, named by their label source.
        methods: names of the other methods.
        label_sources: of the labels that the runs are adapted with.
    """
    folders = [(method, NO_RUN, data / "methods" / method) for method in methods]
    folders += [(METAHDR, run, data / run) for run in runs]
    return [
        Predictions(method, run, mode, folder / "predictions")
        for method, run, folder in folders
        for mode in modes(METHODS[method], label_sources)
    ]


def score_predictions(scenes: Scenes, predictions: list[Predictions], metrics: list[Metric]) -> pd.DataFrame:
    """Every metric of every prediction.

    Returns:
        One row a value: scene, source, ev (of the held-out exposure), method, run, mode, metric, value.

    Raises:
        UserError: there is no scene; or predictions are missing, damaged, of another size than their scene, or
            hold values that are negative or not finite: all of them are named.
    """
    check_not_empty(scenes)
    rows, problems = [], []
    for scene in track(scenes, "score", len(scenes)):
        for held_out, ev in enumerate(scene.evs):
            for entry in predictions:
                path = entry.folder / prediction_name(scene.name, ev, entry.mode)
                try:
                    image = _read(path, scene)
                except ImageError as error:
                    problems.append(str(error))
                    continue
                row = {"scene": scene.name, "source": scene.source, "ev": ev}
                row |= {"method": entry.method, "run": entry.run, "mode": entry.mode}
                rows += [
                    row | {"metric": name, "value": value}
                    for name, value in measure(scene, held_out, image, metrics).items()
                ]
    if problems:
        lines = "\n".join(f"  {problem}" for problem in problems)
        raise UserError(f"{len(problems)} prediction(s) that cannot be scored:\n{lines}")
    return pd.DataFrame(rows)


def check_not_empty(scenes: Scenes) -> None:
    """Refuses to go on without test scenes."""
    if not len(scenes):
        raise UserError(
            f"{scenes.folder}/scenes.csv: no test scenes, so there is nothing to score; raise the test share "
            "(split.shares) or put a source there (split.fixed); why scenes were dropped stands in that table and "
            "in exposures/"
        )


def _read(path: Path, scene: Scene) -> torch.Tensor:
    """A prediction, float32 `(3, H, W)`."""
    image = torch.from_numpy(read_hdr(path).transpose(2, 0, 1).copy())
    if image.shape != scene.hdr.shape:
        size, expected = (" x ".join(map(str, shape[1:])) for shape in (image.shape, scene.hdr.shape))
        raise ImageError(f"{path}: {size} pixels; expected {expected} as its scene has")
    bad = int((~(image >= 0) | image.isinf()).any(0).sum())  # NaN is not >= 0
    if bad:
        raise ImageError(f"{path}: {bad} pixels are negative, infinite or NaN")
    return image


def measure(scene: Scene, held_out: int, image: torch.Tensor, metrics: Sequence[Metric]) -> dict[str, float]:
    """Every metric of one reconstruction by the protocol, in double precision.

    Args:
        held_out: index of the exposure that was reconstructed; its clipped pixels are a metric's clipped region.
        image: radiance in the scene's scale, `(3, H, W)`.
    """
    prediction, truth = (PAPER.target(radiance[None]).double() for radiance in (image, scene.hdr))
    clipped = clipped_pixels(scene.ldr[held_out : held_out + 1])
    return {metric.name: metric(prediction, truth, clipped).item() for metric in metrics}


def aggregate(scores: pd.DataFrame, resamples: int, confidence: float, seed: int) -> pd.DataFrame:
    """Mean of every method, run and mode, and its gain over the same network without adaptation.

    Whole scenes are resampled. Views of one panorama are alike: the intervals hold for views like these, not for
    new places.

    Returns:
        One row per (method, run, mode, metric): mean, low, high, gain, gain_low, gain_high, count.
    """
    known = set(scores[["method", "run", "mode"]].itertuples(index=False, name=None))

    def before_adaptation(cell: tuple) -> tuple:
        single = cell._replace(mode="single")
        return single if single in known else cell

    reference = {"gain": before_adaptation}
    table = compare(scores, ["method", "run", "mode"], "scene", reference, resamples, confidence, seed)
    first = ["method", "run", "mode", "metric"]
    return table[[*first, *table.columns.difference(first, sort=False)]]


def nested(summary: pd.DataFrame) -> dict:
    """The aggregate as `{method: {run: {mode: {metric: {mean, low, high, gain, ...}}}}}`, for DVC's metrics."""
    result: dict = {}
    for row in summary.replace({np.nan: None}).to_dict("records"):
        method, run, mode, metric = (row.pop(name) for name in ("method", "run", "mode", "metric"))
        result.setdefault(method, {}).setdefault(run, {}).setdefault(mode, {})[metric] = row
    return result
