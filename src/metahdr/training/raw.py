"""Trainings that draw their images from the raw HDR files, decoded once."""

import shutil
from collections.abc import Iterable
from typing import ClassVar

from torch.utils.data import DataLoader

from metahdr.datasets.raw import check_registered
from metahdr.errors import UserError
from metahdr.registry import LAYOUTS
from metahdr.tables import read_table
from metahdr.training.inputs import TrainingInputs
from metahdr.training.network import NetworkTraining
from metahdr.training.views import Views, decode_images
from metahdr.workflow.folders import FoldFolder
from metahdr.workflow.interrupts import ignore_interrupts


class RawTraining(NetworkTraining):
    """A training on random views of the training sources' raw images. They are decoded once, beside the state.

    Args:
        inputs, name, steps: as `NetworkTraining` takes them; the settings have `batch`, the examples in a step.

    Attributes:
        views: the examples.

    Raises:
        UserError: a file is missing or not the registered one, or no training source has one.
    """

    views: ClassVar[type[Views]]

    def __init__(self, inputs: TrainingInputs, name: str, steps: int):
        scenes = FoldFolder(inputs.data).table
        table = read_table(scenes)
        # Sources that are merged from their exposures have no raw HDR file.
        self.sources = sorted(set(table.source[table.split == "train"]) & inputs.raw.keys())
        if not self.sources:
            raise UserError(f"{scenes}: no training source has an HDR file, which this training reads")
        files = {f"raw/{source}": inputs.raw[source] for source in self.sources}
        super().__init__(inputs, name, {"scenes.csv": scenes} | files, steps, kind=inputs.kind)
        self.trained_on = {source: self.hashes[f"raw/{source}"] for source in self.sources}
        registered = table.drop_duplicates("source").set_index("source").sha256
        for source, digest in self.trained_on.items():
            check_registered(inputs.raw[source], registered[source], digest)
        self.decoded = self.state.with_suffix(".images")

    def resume(self) -> None:
        super().resume()
        if not self.history:
            shutil.rmtree(self.decoded, ignore_errors=True)  # they may be of other files or made by other code

    def run(self) -> None:
        """Decodes the images, then trains as every loop does."""
        self.examples = self.draw()
        super().run()

    def draw(self) -> Views:
        """The examples, of all training sources."""
        images = decode_images({source: self.inputs.raw[source] for source in self.sources}, self.decoded)
        return self.views(images, LAYOUTS[self.inputs.kind].panoramas, self.settings, self.inputs.seed)

    def finish(self) -> None:
        super().finish()
        shutil.rmtree(self.decoded, ignore_errors=True)

    def batches(self) -> Iterable:
        batch = self.settings.batch
        return DataLoader(
            self.examples,
            batch,
            sampler=range(self.step * batch, self.steps * batch),
            num_workers=1,
            prefetch_factor=4,
            worker_init_fn=ignore_interrupts,
        )
