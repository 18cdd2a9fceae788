"""Training of HDR-CNN."""

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader

from metahdr.git import commit
from metahdr.losses.hdrcnn import hdrcnn_log_loss, hdrcnn_loss
from metahdr.methods.hdrcnn.pairs import TrainingPairs, decode_images
from metahdr.nets.hdrcnn import HDRCNN, saturation
from metahdr.registry import LAYOUTS
from metahdr.tables import read_table
from metahdr.training.inputs import TrainingInputs
from metahdr.training.interrupts import ignore_interrupts
from metahdr.training.loop import TrainingLoop
from metahdr.weights.hdrcnn import save_hdrcnn
from metahdr.weights.vgg16 import start_from_vgg16

# Settings that change no result. VGG16 counts by what is in its file, not by its path.
WITHOUT_EFFECT = {"save_every", "vgg16"}


def train(inputs: TrainingInputs, model: Path, history: Path) -> None:
    """Trains HDR-CNN on the training sources, in one process, and writes it with the facts of its training.

    Args:
        model: `.safetensors`.
        history: CSV, one row for each step.

    Raises:
        UserError: a file is missing, unreadable, or cannot be written.
    """
    torch.set_num_threads(inputs.threads)
    trainer = HDRCNNTrainer(inputs)
    trainer.run()
    save_hdrcnn(model, trainer.network, trainer.facts())
    trainer.finish(history)


class HDRCNNTrainer(TrainingLoop):
    """HDR-CNN and its optimiser.

    Raises:
        UserError: a file is missing.
    """

    title = "train HDR-CNN"
    step_name = "step"

    def __init__(self, inputs: TrainingInputs):
        self.settings = settings = inputs.settings
        scenes = inputs.data / "scenes.csv"
        table = read_table(scenes)
        self.sources = sorted(set(table.source[table.split == "train"]))
        files = {"scenes.csv": scenes} | {f"raw/{name}": inputs.raw[name] for name in self.sources}
        if settings.vgg16:
            files["vgg16"] = Path(settings.vgg16)
        with_effect = settings.model_dump(exclude=WITHOUT_EFFECT) | {"kind": inputs.kind}
        super().__init__(inputs, files, with_effect, settings.steps)
        self.network = HDRCNN(settings.width).train()
        if settings.vgg16:
            start_from_vgg16(self.network, Path(settings.vgg16))
        self.network.to(self.device)
        self.optimiser = torch.optim.Adam(self.network.parameters(), lr=settings.learning_rate)
        self.decoded = self.state.with_suffix(".images")
        self.resume()
        if not self.history:
            shutil.rmtree(self.decoded, ignore_errors=True)  # they may be of other files or made by other code

    @property
    def step(self) -> int:
        """Steps done."""
        return len(self.history)

    def run(self) -> None:
        """Decodes the images, then trains as every loop does."""
        images = decode_images({name: self.inputs.raw[name] for name in self.sources}, self.decoded)
        self.pairs = TrainingPairs(images, LAYOUTS[self.inputs.kind].panoramas, self.settings, self.inputs.seed)
        super().run()

    def finish(self, history: Path) -> None:
        super().finish(history)
        shutil.rmtree(self.decoded, ignore_errors=True)

    def batches(self) -> Iterable[tuple[Tensor, Tensor]]:
        return DataLoader(
            self.pairs,
            self.settings.batch,
            sampler=range(self.step * self.settings.batch, len(self.pairs)),
            num_workers=1,
            prefetch_factor=4,
            worker_init_fn=ignore_interrupts,
        )

    def train_step(self, batch: tuple[Tensor, Tensor]) -> dict:
        x, target = (images.to(self.device) for images in batch)
        if self.settings.decay:
            progress = torch.tensor(torch.pi * self.step / self.settings.steps)
            for group in self.optimiser.param_groups:
                group["lr"] = self.settings.learning_rate * (1 + torch.cos(progress).item()) / 2
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
            y = self.network.log_prediction(x)
        loss = self.loss(x, y, target)
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()
        self.figures["loss"] = loss.item()
        return {"step": self.step + 1, "loss": loss.item()}

    def loss(self, x: Tensor, y: Tensor, target: Tensor) -> Tensor:
        """The configured loss of the log prediction `y`, all `(N, 3, H, W)`."""
        if self.settings.loss == "log":
            return hdrcnn_log_loss(y, target, saturation(x))
        if self.settings.loss == "reflectance_code":
            return hdrcnn_loss(y, target, saturation(target), sigma=3.7)
        return hdrcnn_loss(y, target, saturation(x))

    def state_dict(self) -> dict[str, Any]:
        return {"network": self.network.state_dict(), "optimiser": self.optimiser.state_dict()}

    def load_state_dict(self, values: dict[str, Any]) -> None:
        self.network.load_state_dict(values["network"])
        self.optimiser.load_state_dict(values["optimiser"])

    def facts(self) -> dict[str, Any]:
        """What the weight file says of its training: sources with their SHA-256, settings, seed, commit, code."""
        return {
            "width": self.settings.width,
            "trained_on": {name: self.hashes[f"raw/{name}"] for name in self.sources},
            "settings": self.settings.model_dump(),
            "seed": self.inputs.seed,
            "commit": commit(),
            "code": self.inputs.code,
        }
