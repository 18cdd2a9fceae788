"""scores.csv: every metric of every prediction in one folder, one row a value."""

import json
import logging
from collections.abc import Mapping, Sequence, Sized
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch

from metahdr.config.photometry import Photometry
from metahdr.errors import ImageError, UserError, listed
from metahdr.evaluation.predictions import prediction_name
from metahdr.images.files import read_hdr
from metahdr.metrics.measure import measure
from metahdr.metrics.metric import Metric
from metahdr.metrics.photometry import cd_m2
from metahdr.scenes.scene import Scene, Scenes
from metahdr.tables import read_table
from metahdr.training.progress import track
from metahdr.workflow.folders import Cell

NONE = "none"  # the label source, and the seed, of every other method
CELL = ["method", "label_source", "mode"]  # what the tables have one row for
COLUMNS = ["scene", "source", "place", "fold", "ev", "method", "label_source", "seed", "mode"]
COLUMNS += ["metric", "alignment", "region", "value", "failed", "cd_m2", "display", "ppd"]
log = logging.getLogger(__name__)


class Folder(NamedTuple):
    """What a folder of predictions holds.

    Attributes:
        method: `metahdr`, the name of a variant of it, or a method's name in the registry.
        label_source: of the meta-training; `none` for methods without.
        seed: of the meta-training; `none` for methods without.
        fold: whose test scenes were reconstructed.
        modes: of the reconstructions, see `modes`.
    """

    method: str
    label_source: str
    seed: str
    fold: int
    modes: Sequence[str]


def score_folder(
    scenes: Scenes,
    folder: Path,
    cell: Folder,
    metrics: Sequence[Metric],
    photometry: Photometry,
    weights: Mapping[str, Path],
) -> pd.DataFrame:
    """Every value of every prediction of a folder, of all scenes, held-out exposures and modes.

    A prediction that is missing, damaged, of another size than its scene, negative, not finite, zero everywhere,
    or too large to be measured, is scored as an image of zeros. The log names the first ones at once.

    Args:
        folder: of the files that `prediction_name` names.
        weights: paths of the files that metrics need, by their name in `config/weights.yaml`.

    Returns:
        `COLUMNS`. `failed` is the reason why a prediction could not be scored, missing where it could. `cd_m2` is
        the luminance of a radiance of 1.0 in that scene.
    """
    rows, failed = [], []
    for scene in track(scenes, "score", len(scenes)):
        where = {"scene": scene.name, "source": scene.source, "place": scene.place} | cell._asdict()
        where |= {"cd_m2": cd_m2(scene.hdr, photometry), "display": photometry.display, "ppd": photometry.ppd}
        for query, mode in product(scene.queries(), cell.modes):
            ev, against = scene.evs[query], (scene.hdr, scene.ldr[query], metrics, photometry, weights)
            path = folder / prediction_name(scene.name, ev, mode)
            image, reason, detail = read_prediction(path, scene)
            values = measure(image, *against, moved=scene.moved)
            # an empty region has no value; whole images have one
            if not reason and not np.isfinite([v.value for v in values if v.region == "all"]).all():
                reason, detail = "overflow", "values too large to be measured"
                values = measure(image.zero_(), *against, moved=scene.moved)
            if reason:
                failed.append(f"{path}: {detail}")
            row = where | {"ev": ev, "mode": mode, "failed": reason or None}
            rows += [row | value._asdict() for value in values]
    if failed:
        log.warning("%d prediction(s) failed and are scored as images of zeros:%s", len(failed), _listed(failed))
    return pd.DataFrame(rows, columns=COLUMNS)


def read_prediction(path: Path, scene: Scene) -> tuple[torch.Tensor, str, str]:
    """A prediction `(3, H, W)`; where it cannot be scored zeros, the reason in a word, and what was found."""
    zeros = torch.zeros_like(scene.hdr)
    if not path.exists():
        return zeros, "missing", "no such file"
    try:
        image = torch.from_numpy(read_hdr(path).transpose(2, 0, 1).copy())
    except ImageError as error:
        return zeros, "damaged", str(error).removeprefix(f"{path}: ")
    if image.shape != scene.hdr.shape:
        size, expected = (" x ".join(map(str, shape[1:])) for shape in (image.shape, scene.hdr.shape))
        return zeros, "size", f"{size} pixels; expected {expected} as its scene has"
    for reason, bad in (("nan", image.isnan()), ("infinite", image.isinf()), ("negative", image < 0)):
        if bad.any():
            return zeros, reason, f"{int(bad.any(0).sum())} pixels are {reason}"
    return (image, "", "") if image.any() else (zeros, "zero", "all pixels are zero")


def join_scores(folders: Sequence[Path], chunks: Sequence[str]) -> pd.DataFrame:
    """The scores of all folders with `scores/CHUNK.csv`; the rows' order is the same for every number of chunks.

    Raises:
        UserError: a folder has none.
    """
    tables = []
    for folder in folders:
        found = [read_table(Cell(folder).scores(chunk)) for chunk in chunks]
        found = [table for table in found if len(table)]  # without rows, no column has a type
        check_not_empty(found, folder)
        tables.append(pd.concat(found).sort_values("source", kind="stable"))
    return pd.concat(tables, ignore_index=True)


def join_origins(folders: Sequence[Path], chunks: Sequence[str]) -> list[dict]:
    """The different origins of the scores of all folders, each with the `scores` that were made there."""
    found: dict[str, list[str]] = {}
    for folder in folders:
        for text in dict.fromkeys(Cell(folder).origin(chunk).read_text(encoding="utf-8") for chunk in chunks):
            found.setdefault(text, []).append(str(folder))
    return [json.loads(text) | {"scores": names} for text, names in found.items()]


def check_not_empty(scenes: Sized, folder: Path) -> None:
    """Refuses to go on without test scenes."""
    if not len(scenes):
        raise UserError(
            f"{folder}: no test scenes, so there is nothing to score; raise the test share (split.shares) or put "
            "a source there (split.fixed); why scenes were dropped stands in the fold's scenes.csv and exposures/"
        )


def check_strict(scores: pd.DataFrame, where: Path) -> None:
    """Refuses scores with failures, for `score.strict`.

    Raises:
        UserError: a prediction failed.
    """
    failed = failures(scores)
    if len(failed):
        raise UserError(
            f"{where}: {len(failed)} prediction(s) failed ({reasons(failed)}), see the log; score.strict refuses "
            "them"
        )


def check_none_gone(scores: pd.DataFrame, folder: Path) -> None:
    """Refuses the scores of a run's own predictions where files are gone: a method that fails writes no folder.

    Raises:
        UserError: names the files.
    """
    gone = scores[scores.failed == "missing"].drop_duplicates(["scene", "ev", "mode"])
    if len(gone):
        names = [prediction_name(*each) for each in zip(gone.scene, gone.ev, gone["mode"], strict=True)]
        raise UserError(
            f"{folder}: {len(names)} prediction(s) of the run are gone, so nothing is scored:{_listed(names)}\n"
            "  remove the folder, and run again: they are made anew"
        )


def _listed(lines: Sequence[str]) -> str:
    return "".join(f"\n  {line}" for line in listed(lines))


def failures(scores: pd.DataFrame) -> pd.DataFrame:
    """The scores of failed predictions, one row for each prediction."""
    return scores[scores.failed.notna()].drop_duplicates(["scene", "ev", *CELL, "seed"])


def reasons(failed: pd.DataFrame) -> str:
    """How often each reason stands in `failures`: `3 missing, 1 nan`."""
    return ", ".join(f"{count} {reason}" for reason, count in failed.failed.value_counts().items())
