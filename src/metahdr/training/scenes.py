"""Trainings on the arrays of the training scenes: their radiance and their exposures."""

from pathlib import Path

from metahdr.errors import UserError
from metahdr.scenes.scene import Scenes
from metahdr.training.inputs import TrainingInputs
from metahdr.training.network import NetworkTraining


class ScenesTraining(NetworkTraining):
    """A training on the scenes that it is given.

    Args:
        inputs, name: as `NetworkTraining` takes them; the settings have `steps`.
        scenes: that are trained on.

    Raises:
        UserError: a file is missing.
    """

    def __init__(self, inputs: TrainingInputs, name: str, scenes: Scenes):
        self.scenes, self.trained_on = scenes, hashes_of(scenes)
        super().__init__(inputs, name, arrays_of(scenes), inputs.settings.steps)


def scenes_of(data: Path, split: str = "train", moving: bool = False) -> Scenes:
    """The scenes of a split.

    Args:
        data, moving: as `Scenes` takes them.

    Raises:
        UserError: there are none.
    """
    scenes = Scenes(data, split, moving=moving)
    if not len(scenes):
        name = {"train": "training"}.get(split, split)
        raise UserError(
            f"{data}/scenes.csv: no {name} scenes; see split.shares, and the reasons there and in exposures/"
        )
    return scenes


def arrays_of(scenes: Scenes) -> dict[str, Path]:
    """The table and the arrays that scenes are read from, by their paths in the results folder."""
    files, folders = {"scenes.csv": scenes.fold.table}, scenes.arrays
    for chunk, source in sorted(set(zip(scenes.table.chunk, scenes.table.source, strict=True))):
        paths = [folder(chunk) / f"{source}.npy" for folder in (folders.scenes, folders.exposures)]
        files |= {str(path.relative_to(folders.path)): path for path in paths}
    return files


def hashes_of(scenes: Scenes) -> dict[str, str]:
    """SHA-256 of the raw HDR file of each source."""
    sources = scenes.table.drop_duplicates("source")
    return dict(zip(sources.source, sources.sha256, strict=True))
