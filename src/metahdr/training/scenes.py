"""Trainings on the arrays of the training scenes: their radiance and their exposures."""

from pathlib import Path

from metahdr.errors import UserError
from metahdr.scenes.scene import Scenes
from metahdr.training.inputs import TrainingInputs
from metahdr.training.network import NetworkTraining


class ScenesTraining(NetworkTraining):
    """A training on scenes that were read before.

    Args:
        inputs, name: as `NetworkTraining` takes them; the settings have `steps`.
        scenes: that are trained on.

    Raises:
        UserError: a file is missing.
    """

    def __init__(self, inputs: TrainingInputs, name: str, scenes: Scenes):
        self.scenes, self.trained_on = scenes, hashes_of(scenes)
        files = {"scenes.csv": inputs.data / "scenes.csv"}
        for _, row in scenes.table.drop_duplicates("source").iterrows():
            for folder in ("scenes", "exposures"):
                array = f"{folder}/{row.chunk}/{row.source}.npy"
                files[array] = scenes.arrays / array
        super().__init__(inputs, name, files, inputs.settings.steps)


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


def hashes_of(scenes: Scenes) -> dict[str, str]:
    """SHA-256 of the raw HDR file of each source."""
    sources = scenes.table.drop_duplicates("source")
    return dict(zip(sources.source, sources.sha256, strict=True))
