"""Training of the radiance network."""

from typing import Any

import torch
from torch import Tensor

from metahdr.losses.radiance import radiance_loss, response_loss
from metahdr.methods.radiance.pairs import LikelyViews, Pair, RandomViews
from metahdr.methods.radiance.settings import RadianceTraining
from metahdr.nets.radiance import RadianceNet, mask
from metahdr.nets.response import apply_response
from metahdr.training.inputs import TrainingInputs
from metahdr.training.network import cosine
from metahdr.training.raw import RawTraining

AVERAGING = 0.999  # of the moving average of the parameters, which is what is saved
WARM_UP = 200  # steps


class RadianceTrainer(RawTraining):
    """The network, its moving average, and the optimiser.

    In one half of each batch the network is given the camera's response, as after a calibration; in the other it
    must do with the one that it proposes.

    Raises:
        UserError: a file is missing.
    """

    views = RandomViews

    def __init__(self, inputs: TrainingInputs):
        super().__init__(inputs, "radiance", self.count(inputs.settings))
        self.network = RadianceNet().to(self.device)
        self.average = RadianceNet().to(self.device).requires_grad_(False)
        self.average.load_state_dict(self.network.state_dict())
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), self.settings.learning_rate, betas=(0.9, 0.98), weight_decay=1e-3
        )
        self.resume()

    @staticmethod
    def count(settings: RadianceTraining) -> int:
        """Steps of the training."""
        return settings.steps

    @property
    def result(self) -> RadianceNet:
        return self.average

    def train_step(self, batch: Pair) -> dict:
        ldr, hdr, table = (part.to(self.device) for part in batch)
        with torch.autocast(self.device.type, torch.bfloat16):
            proposed = self.network.propose(ldr)
            given = torch.cat([table[: len(table) // 2], proposed[len(table) // 2 :]])
            linear, clipped = apply_response(ldr, given), mask(ldr)
            residual = self.network.residual(linear, clipped)
        terms = radiance_loss(linear * (clipped * residual).exp(), hdr)
        return self.descend(terms | {"response": response_loss(proposed, table)})

    def descend(self, terms: dict[str, Tensor]) -> dict:
        """One step down the sum of the terms; the row of the history."""
        warm = min((self.step + 1) / WARM_UP, 1)
        self.set_rate(self.settings.learning_rate * (warm * cosine(self.step / self.steps, torch.float32)))
        row = self.minimise(sum(terms.values()), terms, self._backward)
        weight = 1 - min(AVERAGING, (self.step + 1) / (self.step + 10))
        for ours, new in zip(self.average.parameters(), self.network.parameters(), strict=True):
            ours.lerp_(new.detach(), weight)
        return row

    def _backward(self, loss: Tensor) -> None:
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)

    def state_dict(self) -> dict[str, Any]:
        return super().state_dict() | {"average": self.average.state_dict()}

    def load_state_dict(self, values: dict[str, Any]) -> None:
        super().load_state_dict(values)
        self.average.load_state_dict(values["average"])


class ResponseTrainer(RadianceTrainer):
    """The part that proposes a response, trained by itself.

    It learns from likely cameras, because it has to guess the curve; the U-Net learns from all cameras, because it
    must cope with every curve. Without the U-Net a step takes a tenth of the time.
    """

    views = LikelyViews

    @staticmethod
    def count(settings: RadianceTraining) -> int:
        return settings.response_steps

    def train_step(self, batch: Pair) -> dict:
        ldr, hdr, table = (part.to(self.device) for part in batch)
        proposed = self.network.propose(ldr)
        terms = radiance_loss(apply_response(ldr, proposed), hdr.clamp(max=1))
        return self.descend(
            {name: terms[name] for name in ("log", "pu")} | {"response": response_loss(proposed, table)}
        )
