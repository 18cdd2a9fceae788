"""Training of the radiance network."""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from metahdr.losses.radiance import radiance_loss, response_loss
from metahdr.methods.radiance.pairs import Pair, RandomViews
from metahdr.methods.radiance.settings import RadianceTraining
from metahdr.methods.raw_trainer import RawTrainer
from metahdr.nets.radiance import RadianceNet, linearise, mask
from metahdr.training.inputs import TrainingInputs
from metahdr.weights.ours import save_network

WITHOUT_EFFECT = {"save_every"}
AVERAGING = 0.999  # of the moving average of the parameters, which is what is saved
WARM_UP = 200  # steps


def train(inputs: TrainingInputs, model: Path, history: Path) -> None:
    """Trains the network on the training sources, in one process, and writes it with the facts of its training.

    Args:
        model: `.safetensors`.
        history: CSV, one row for each step.

    Raises:
        UserError: a file is missing, unreadable, or cannot be written.
    """
    torch.set_num_threads(inputs.threads)
    trainer = RadianceTrainer(inputs)
    trainer.run()
    save_network(model, trainer.average, trainer.facts())
    trainer.finish(history)


class RadianceTrainer(RawTrainer):
    """The network, its moving average, and the optimiser.

    In one half of each batch the network is given the camera's response, as after a calibration; in the other it
    must do with the one that it proposes.

    Raises:
        UserError: a file is missing.
    """

    title = "train radiance"
    likely = False  # as `draw_camera` takes it

    def __init__(self, inputs: TrainingInputs):
        settings = inputs.settings
        super().__init__(inputs, settings.model_dump(exclude=WITHOUT_EFFECT), self.count(settings))
        self.network = RadianceNet().to(self.device)
        self.average = RadianceNet().to(self.device).requires_grad_(False)
        self.average.load_state_dict(self.network.state_dict())
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), settings.learning_rate, betas=(0.9, 0.98), weight_decay=1e-3
        )
        self.resume()

    @staticmethod
    def count(settings: RadianceTraining) -> int:
        """Steps of the training."""
        return settings.steps

    def draw(self, images: list[Path]) -> RandomViews:
        return RandomViews(images, self.settings, self.inputs.seed, self.likely)

    def train_step(self, batch: Pair) -> dict:
        ldr, hdr, table = (part.to(self.device) for part in batch)
        with torch.autocast(self.device.type, torch.bfloat16):
            proposed = self.network.propose(ldr)
            given = torch.cat([table[: len(table) // 2], proposed[len(table) // 2 :]])
            linear, clipped = linearise(ldr, given), mask(ldr)
            residual = self.network.residual(linear, clipped)
        terms = radiance_loss(linear * (clipped * residual).exp(), hdr)
        return self.descend(terms | {"response": response_loss(proposed, table)})

    def descend(self, terms: dict[str, Tensor]) -> dict:
        """One step down the sum of the terms; the row of the history."""
        progress = torch.tensor(torch.pi * self.step / self.steps)
        rate = min((self.step + 1) / WARM_UP, 1) * (1 + torch.cos(progress).item()) / 2
        for group in self.optimiser.param_groups:
            group["lr"] = self.settings.learning_rate * rate
        loss = sum(terms.values())
        self.optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimiser.step()
        self._average()
        self.figures["loss"] = loss.item()
        return {"step": self.step + 1, "loss": loss.item()} | {name: term.item() for name, term in terms.items()}

    def _average(self) -> None:
        weight = 1 - min(AVERAGING, (self.step + 1) / (self.step + 10))
        for ours, new in zip(self.average.parameters(), self.network.parameters(), strict=True):
            ours.lerp_(new.detach(), weight)

    def state_dict(self) -> dict[str, Any]:
        names = ("network", "average", "optimiser")
        return {name: getattr(self, name).state_dict() for name in names}

    def load_state_dict(self, values: dict[str, Any]) -> None:
        for name, value in values.items():
            if name in ("network", "average", "optimiser"):
                getattr(self, name).load_state_dict(value)


class ResponseTrainer(RadianceTrainer):
    """The part that proposes a response, trained by itself on cameras as they are: what it guesses best is the
    likely curve, while the U-Net must cope with every curve. Without the U-Net a step takes a tenth of the time.
    """

    title = "train the response"
    likely = True

    @staticmethod
    def count(settings: RadianceTraining) -> int:
        return settings.response_steps

    def train_step(self, batch: Pair) -> dict:
        ldr, hdr, table = (part.to(self.device) for part in batch)
        proposed = self.network.propose(ldr)
        terms = radiance_loss(linearise(ldr, proposed), hdr.clamp(max=1))
        return self.descend(
            {name: terms[name] for name in ("log", "pu")} | {"response": response_loss(proposed, table)}
        )
