"""Trainings of one network by one optimiser."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from metahdr.errors import UserError
from metahdr.training.loop import TrainingLoop


class NetworkTraining(TrainingLoop):
    """A subclass sets both after `__init__`, and then calls `resume`.

    Attributes:
        network: that is trained.
        optimiser: of it.
    """

    step_name = "step"
    network: nn.Module
    optimiser: Optimizer

    @property
    def step(self) -> int:
        """Steps done."""
        return len(self.history)

    def minimise(self, loss: Tensor) -> None:
        """One step of the optimiser.

        Raises:
            UserError: the loss is not finite.
        """
        self.check_finite(loss)
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()
        self.figures["loss"] = loss.item()

    def check_finite(self, loss: Tensor) -> None:
        """Refuses a loss from which nothing can be learned.

        Raises:
            UserError: it is not finite.
        """
        if not torch.isfinite(loss):
            raise UserError(
                f"{self.title}: the loss of step {self.step + 1} is {loss.item()}; a lower learning rate may help"
            )

    def set_rate(self, rate: float) -> None:
        """The learning rate of the next step."""
        for group in self.optimiser.param_groups:
            group["lr"] = rate

    def state_dict(self) -> dict[str, Any]:
        return {"network": self.network.state_dict(), "optimiser": self.optimiser.state_dict()}

    def load_state_dict(self, values: dict[str, Any]) -> None:
        self.network.load_state_dict(values["network"])
        self.optimiser.load_state_dict(values["optimiser"])
