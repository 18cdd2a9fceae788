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
from metahdr.weights.vgg16 import start_from_vgg16

# Settings that change no result. VGG16 counts by what is in its file, not by its path.
WITHOUT_EFFECT = {"save_every", "vgg16"}


class HDRCNNTrainer(RawTrainer):
    """HDR-CNN and its optimiser.

    Raises:
        UserError: a file is missing.
    """

    title = "train HDR-CNN"

    def __init__(self, inputs: TrainingInputs):
        settings = inputs.settings
        files = {key: Path(file) for key, file in settings.pretrained.items()}
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
            self.set_rate(self.settings.learning_rate * (1 + torch.cos(progress).item()) / 2)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
            y = self.network.log_prediction(x)
        loss = self.loss(x, y, target)
        self.minimise(loss)
        return {"step": self.step + 1, "loss": loss.item()}

    def loss(self, x: Tensor, y: Tensor, target: Tensor) -> Tensor:
        """The configured loss of the log prediction `y`, all `(N, 3, H, W)`."""
        if self.settings.loss == "log":
            return hdrcnn_log_loss(y, target, saturation(x))
        if self.settings.loss == "reflectance_code":
            return hdrcnn_loss(y, target, saturation(target), sigma=3.7)
        return hdrcnn_loss(y, target, saturation(x))

    def facts(self) -> dict[str, Any]:
        return super().facts() | {"width": self.settings.width}
