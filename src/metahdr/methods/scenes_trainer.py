"""Trainings on the arrays of the training scenes: their radiance and their exposures."""

from pathlib import Path
from typing import Any

from metahdr.errors import UserError
from metahdr.scenes.scene import Scenes
from metahdr.training.inputs import TrainingInputs
from metahdr.training.network import NetworkTraining
from metahdr.workflow.git import commit


class ScenesTraining(NetworkTraining):
    """A training on scenes that were read before.

    Args:
        inputs: of the training.
        name: of the method.
        scenes: that are trained on.
        without_effect: settings that change no result.
        files: that the training reads beside the scenes, by their role.

    Raises:
        UserError: there are no scenes, or a file is missing.
    """

    def __init__(
        self,
        inputs: TrainingInputs,
        name: str,
        scenes: Scenes,
        without_effect: set[str],
        files: dict[str, Path] | None = None,
    ):
        if not len(scenes):
            raise UserError(f"{inputs.data}/scenes.csv: no training scenes; raise split.shares")
        self.name, self.settings, self.scenes = name, inputs.settings, scenes
        files = {"scenes.csv": inputs.data / "scenes.csv"} | (files or {})
        for _, row in scenes.table.drop_duplicates("source").iterrows():
            for folder in ("scenes", "exposures"):
                array = f"{folder}/{row.chunk}/{row.source}.npy"
                files[array] = scenes.arrays / array
        settings = self.settings.model_dump(exclude=without_effect) | {"method": name}
        super().__init__(inputs, files, settings, self.settings.steps)

    def facts(self) -> dict[str, Any]:
        """What the weight file says of its training, among it the sources with their SHA-256."""
        sources = self.scenes.table.drop_duplicates("source")
        return {
            "method": self.name,
            "trained_on": dict(zip(sources.source, sources.sha256, strict=True)),
            "settings": self.settings.model_dump(),
            "seed": self.inputs.seed,
            "commit": commit(),
            "code": self.inputs.code,
        }
