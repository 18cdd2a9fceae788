"""Training of HDR-CNN."""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from metahdr.losses.hdrcnn import hdrcnn_log_loss, hdrcnn_loss
from metahdr.methods.hdrcnn.pairs import TrainingPairs
from metahdr.methods.raw_trainer import RawTrainer
from metahdr.nets.hdrcnn import HDRCNN, saturation
from metahdr.registry import LAYOUTS
from metahdr.training.inputs import TrainingInputs
from metahdr.weights.ours import save_network
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
    save_network(model, trainer.network, trainer.facts())
    trainer.finish(history)


class HDRCNNTrainer(RawTrainer):
    """HDR-CNN and its optimiser.

    Raises:
        UserError: a file is missing.
    """

    title = "train HDR-CNN"

    def __init__(self, inputs: TrainingInputs):
        settings = inputs.settings
        files = {"vgg16": Path(settings.vgg16)} if settings.vgg16 else {}
        with_effect = settings.model_dump(exclude=WITHOUT_EFFECT) | {"kind": inputs.kind}
        super().__init__(inputs, with_effect, settings.steps, files)
        self.network = HDRCNN(settings.width).train()
        if settings.vgg16:
            start_from_vgg16(self.network, Path(settings.vgg16))
        self.network.to(self.device)
        self.optimiser = torch.optim.Adam(self.network.parameters(), lr=settings.learning_rate)
        self.resume()

    def draw(self, images: list[Path]) -> TrainingPairs:
        return TrainingPairs(images, LAYOUTS[self.inputs.kind].panoramas, self.settings, self.inputs.seed)

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
        return super().facts() | {"width": self.settings.width}
