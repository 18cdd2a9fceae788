"""Trainings that draw their images from the raw HDR files, decoded once."""

import shutil
from abc import abstractmethod
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from torch.utils.data import DataLoader, Dataset

from metahdr.errors import UserError
from metahdr.methods.hdrcnn.pairs import decode_images
from metahdr.tables import read_table
from metahdr.training.inputs import TrainingInputs
from metahdr.training.network import NetworkTraining
from metahdr.workflow.git import commit
from metahdr.workflow.interrupts import ignore_interrupts


class RawTrainer(NetworkTraining):
    """A training on random parts of the training sources' images, which lie decoded beside the state.

    Args:
        inputs: of the training; its settings have `batch`, the number of images in a step.
        settings: those that change the result.
        steps: of the whole training.
        files: that the training reads beside the table of scenes and the raw images, by their role.

    Raises:
        UserError: a file is missing.
    """

    def __init__(
        self, inputs: TrainingInputs, settings: dict[str, object], steps: int, files: dict[str, Path] | None = None
    ):
        self.settings = inputs.settings
        scenes = inputs.data / "scenes.csv"
        table = read_table(scenes)
        # Sources that are merged from their exposures have no raw HDR file.
        self.sources = sorted(set(table.source[table.split == "train"]) & inputs.raw.keys())
        if not self.sources:
            raise UserError(f"{scenes}: no training source has an HDR file, which this training reads")
        raw = {f"raw/{name}": inputs.raw[name] for name in self.sources}
        super().__init__(inputs, {"scenes.csv": scenes} | raw | (files or {}), settings, steps)
        self.decoded = self.state.with_suffix(".images")

    @abstractmethod
    def draw(self, images: list[Path]) -> Dataset:
        """What is trained on, `batch` times as many as steps; example i depends on the seed and i alone.

        Args:
            images: `.npy` arrays of the training sources, from `decode_images`.
        """

    def resume(self) -> None:
        super().resume()
        if not self.history:
            shutil.rmtree(self.decoded, ignore_errors=True)  # they may be of other files or made by other code

    def run(self) -> None:
        """Decodes the images, then trains as every loop does."""
        images = decode_images({name: self.inputs.raw[name] for name in self.sources}, self.decoded)
        self.examples = self.draw(images)
        super().run()

    def finish(self, history: Path) -> None:
        super().finish(history)
        shutil.rmtree(self.decoded, ignore_errors=True)

    def batches(self) -> Iterable:
        return DataLoader(
            self.examples,
            self.settings.batch,
            sampler=range(self.step * self.settings.batch, len(self.examples)),
            num_workers=1,
            prefetch_factor=4,
            worker_init_fn=ignore_interrupts,
        )

    def facts(self) -> dict[str, Any]:
        """What the weight file says of its training: sources with their SHA-256, settings, seed, commit, code."""
        return {
            "trained_on": {name: self.hashes[f"raw/{name}"] for name in self.sources},
            "settings": self.settings.model_dump(),
            "seed": self.inputs.seed,
            "commit": commit(),
            "code": self.inputs.code,
        }
