"""Trainings of one network by one optimiser."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from metahdr.errors import UserError
from metahdr.training.inputs import TrainingInputs
from metahdr.training.loop import TrainingLoop
from metahdr.weights.ours import save_network


class NetworkTraining(TrainingLoop):
    """A training of one network by one optimiser.

    A subclass calls `__init__`, sets `network`, `optimiser` and `trained_on`, and then calls `resume`.

    Args:
        inputs, files, steps, facts: as `TrainingLoop` takes them; the settings' files of weights are added.
        name: of the method.

    Attributes:
        network: that is trained.
        optimiser: of it.
        pretrained: files of others' weights, by their keys in the settings.
    """

    step_name = "step"
    network: nn.Module
    optimiser: Optimizer

    def __init__(self, inputs: TrainingInputs, name: str, files: dict[str, Path], steps: int, **facts: object):
        self.method, self.title = name, f"train {name}"
        self.pretrained = {key: Path(file) for key, file in inputs.settings.pretrained.items()}
        super().__init__(inputs, files | self.pretrained, steps, method=name, **facts)

    @property
    def step(self) -> int:
        """Steps done."""
        return len(self.history)

    @property
    def result(self) -> nn.Module:
        """The network that is written."""
        return self.network

    def produce(self, model: Path, history: Path) -> None:
        """Trains to the last step, and writes the network with the facts of its training, if it is not there.

        Args:
            model: `.safetensors`.
            history: CSV, one row for each step.

        Raises:
            UserError: what `run` raises, or a file cannot be written.
        """
        if self.is_made([model], history):
            return
        self.run()
        self.write_history(history)
        save_network(model, self.result, self.facts(history))
        self.finish()

    def minimise(
        self,
        loss: Tensor,
        terms: Mapping[str, Tensor] | None = None,
        backward: Callable[[Tensor], None] = Tensor.backward,
    ) -> dict[str, Any]:
        """One step of the optimiser; the row of the history.

        Args:
            terms: of the loss, which have columns of their own.
            backward: makes the gradients of the loss.

        Raises:
            UserError: the loss is not finite.
        """
        if not torch.isfinite(loss):
            raise UserError(
                f"{self.title}: the loss of step {self.step + 1} is {loss.item()}; a lower learning rate may help"
            )
        self.optimiser.zero_grad()
        backward(loss)
        self.optimiser.step()
        self.figures["loss"] = loss.item()
        values = {name: term.item() for name, term in (terms or {}).items()}
        return {"step": self.step + 1, "loss": loss.item()} | values

    def set_rate(self, rate: float) -> None:
        """The learning rate of the next step."""
        for group in self.optimiser.param_groups:
            group["lr"] = rate

    def state_dict(self) -> dict[str, Any]:
        return {"network": self.network.state_dict(), "optimiser": self.optimiser.state_dict()}

    def load_state_dict(self, values: dict[str, Any]) -> None:
        self.network.load_state_dict(values["network"])
        self.optimiser.load_state_dict(values["optimiser"])


def cosine(progress: float, dtype: torch.dtype = torch.float64) -> float:
    """The factor of a learning rate that falls from 1 to 0 along half a cosine.

    Args:
        progress: share of the training that is done.
        dtype: of the cosine; another one changes the last bits of what is trained.
    """
    return (1 + torch.cos(torch.tensor(torch.pi * progress, dtype=dtype)).item()) / 2
