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
    """The table and the arrays that scenes are read from, by their paths in the fold's or the dataset's folder."""
    paths, folders = [scenes.fold.table], scenes.arrays
    for chunk, source in sorted(set(zip(scenes.table.chunk, scenes.table.source, strict=True))):
        paths += [folder(chunk) / f"{source}.npy" for folder in (folders.scenes, folders.exposures)]
    return by_role(paths, scenes)


def by_role(paths: list[Path], scenes: Scenes) -> dict[str, Path]:
    """Files by their paths in the fold's or the dataset's folder: a moved run reads the same."""
    fold, dataset = scenes.fold.path, scenes.dataset.path
    return {str(path.relative_to(fold if path.is_relative_to(fold) else dataset)): path for path in paths}


def hashes_of(scenes: Scenes) -> dict[str, str]:
    """SHA-256 of the raw HDR file of each source."""
    sources = scenes.table.drop_duplicates("source")
    return dict(zip(sources.source, sources.sha256, strict=True))
