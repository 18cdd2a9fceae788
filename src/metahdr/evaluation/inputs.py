"""What methods are given of a run's test scenes, as files for a method outside the project."""

import shutil
from pathlib import Path

import imagecodecs
import numpy as np
import pandas as pd
from torch import Tensor

from metahdr.errors import UserError
from metahdr.evaluation.agreement import Run
from metahdr.evaluation.predictions import prediction_name
from metahdr.images.files import pixels, write_exr
from metahdr.scenes.scene import Scene, Scenes
from metahdr.tables import write_table
from metahdr.training.progress import track
from metahdr.workflow.folders import FoldFolder

EXPOSURES, TABLE = "exposures", "inputs.csv"


def export_inputs(run: Run, folder: Path) -> pd.DataFrame:
    """Writes the exposures of a run's test scenes, and a table with a row for each that is held out.

    Each exposure is there twice: as PNG of the bits that it has, 8 or 16, and as OpenEXR, float32 in [0, 1]. No
    file has metadata. Nothing is written of what only an oracle knows: truth, response, metering error.

    Args:
        folder: must not exist, or be empty; it appears whole.

    Returns:
        What `inputs.csv` holds: fold, scene, place; ev, scale, png, exr of the held-out exposure; the same of each
        exposure of the support set, dark to bright, as `support1_ev` and so on; prediction, the name that
        `metahdr score` looks for. The product of `scale` and the light for which an exposure clips at 1.0 is in
        the scene's scale.

    Raises:
        UserError: the folder is not empty, the current one or cannot be written, or scenes of the run are gone.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError(f"{folder}: is there already; expected a new or empty folder")
    if folder.resolve() == Path.cwd():  # a shell would stay in the old one
        raise UserError(f"{folder}: is the current folder, which would be replaced; expected another one")
    folds, folder = scenes_of(run), folder.resolve()
    part, rows = folder.with_name(f".part-{folder.name}"), []
    shutil.rmtree(part, ignore_errors=True)  # of a call that was killed
    try:
        (part / EXPOSURES).mkdir(parents=True)
        for fold, scenes in folds.items():
            for scene in track(scenes, "export", len(scenes)):
                for index, ldr in enumerate(scene.ldr):
                    names = _exposure(scene, index)
                    (part / names["png"]).write_bytes(imagecodecs.png_encode(_stored(ldr)))
                    write_exr(part / names["exr"], ldr.numpy().transpose(1, 2, 0), half=False)
                rows += [_row(fold, scene, query) for query in scene.queries()]
        table = pd.DataFrame(rows)
        write_table(part / TABLE, table)
        part.replace(folder)
    except OSError as error:
        raise UserError(f"{folder}: cannot be written ({error.strerror or error})") from None
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return table


def scenes_of(run: Run) -> dict[int, Scenes]:
    """The test scenes of each fold of a run; the moving brackets of a run of these.

    Raises:
        UserError: files of them are gone.
    """
    folders = {int(fold): FoldFolder(run.folder / f"fold{fold}").path for fold in sorted(set(run.scores.fold))}
    try:
        folds = {fold: Scenes(path, "test", moving=run.moving) for fold, path in folders.items()}
        for scenes in folds.values():
            for row in scenes.table.itertuples():
                for array in (scenes.arrays.scenes(row.chunk), scenes.arrays.exposures(row.chunk)):
                    (array / f"{row.source}.npy").stat()
    except FileNotFoundError as error:
        raise UserError(f"{error.filename}: gone; restore the run, or remove {run.folder} and run again") from None
    return folds


def _row(fold: int, scene: Scene, query: int) -> dict[str, object]:
    row = {"fold": fold, "scene": scene.name, "place": scene.place} | _exposure(scene, query)
    for number, index in enumerate(scene.others(query), 1):
        row |= {f"support{number}_{name}": value for name, value in _exposure(scene, index).items()}
    mode = "single" if scene.moved is None else "stack"
    return row | {"prediction": prediction_name(scene.name, scene.evs[query], mode)}


def _exposure(scene: Scene, index: int) -> dict[str, object]:
    ev, name = scene.evs[index], f"{EXPOSURES}/{scene.name}_ev{scene.evs[index]:+g}"
    return {"ev": ev, "scale": 2.0 ** -scene.stops[index], "png": f"{name}.png", "exr": f"{name}.exr"}


def _stored(ldr: Tensor) -> np.ndarray:
    """An exposure in [0, 1], `(3, H, W)`, as the integers that it was read from, uint8 or uint16 `(H, W, 3)`."""
    eight = pixels(ldr[None])[0]
    values = ldr.numpy().transpose(1, 2, 0)
    if np.array_equal(eight.astype(np.float32) / 255, values):
        return eight
    return (values * np.float32(65535)).round().astype(np.uint16)
