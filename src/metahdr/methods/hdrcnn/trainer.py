"""Training of HDR-CNN."""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from metahdr.losses.hdrcnn import hdrcnn_log_loss, hdrcnn_loss
from metahdr.methods.hdrcnn.pairs import TrainingPairs
from metahdr.nets.hdrcnn import HDRCNN, saturation
from metahdr.training.inputs import TrainingInputs
from metahdr.training.network import cosine
from metahdr.training.raw import RawTraining
from metahdr.weights.vgg16 import start_from_vgg16


class HDRCNNTrainer(RawTraining):
    """HDR-CNN and its optimiser.

    Raises:
        UserError: a file is missing.
    """

    views = TrainingPairs

    def __init__(self, inputs: TrainingInputs):
        super().__init__(inputs, "hdrcnn", inputs.settings.steps)
        self.network = HDRCNN(self.settings.width).train()
        if self.settings.vgg16:
            start_from_vgg16(self.network, self.pretrained["vgg16"])
        self.network.to(self.device)
        self.optimiser = torch.optim.Adam(self.network.parameters(), lr=self.settings.learning_rate)
        self.resume()

    def train_step(self, batch: tuple[Tensor, Tensor]) -> dict:
        x, target = (images.to(self.device) for images in batch)
        if self.settings.decay:
            self.set_rate(self.settings.learning_rate * cosine(self.step / self.steps, torch.float32))
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
            y = self.network.log_prediction(x)
        return self.minimise(self.loss(x, y, target))

    def loss(self, x: Tensor, y: Tensor, target: Tensor) -> Tensor:
        """The configured loss of the log prediction `y`, all `(N, 3, H, W)`."""
        if self.settings.loss == "log":
            return hdrcnn_log_loss(y, target, saturation(x))
        if self.settings.loss == "reflectance_code":
            return hdrcnn_loss(y, target, saturation(target), sigma=3.7)
        return hdrcnn_loss(y, target, saturation(x))

    def facts(self, history: Path) -> dict[str, Any]:
        return super().facts(history) | {"width": self.settings.width}
