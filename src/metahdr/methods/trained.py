"""Methods whose network a run trains: nothing is shipped, and the weight file tells how the network is built."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Self

from metahdr.config.base import Section
from metahdr.errors import UserError
from metahdr.methods.base import Method

if TYPE_CHECKING:
    from torch import nn


class TrainedMethod(Method):
    """A method of the benchmark (docs/methods.md); it is scored where `score.methods` names it.

    The facts of its weight file have the `method`, the `settings` of the training, and what it was `trained_on`.

    Args:
        network: as trained.
        settings: that it was trained with.
        trained_on: see `trained_on`.
    """

    weights = ("train",)
    by_name = True
    on_gpu = True

    def __init__(self, network: nn.Module, settings: Section, trained_on: dict[str, str] | None = None):
        self.network, self.trained_with, self._trained_on = network, settings, trained_on or {}

    @classmethod
    @abstractmethod
    def build(cls, settings: Section) -> nn.Module:
        """The network, not trained."""

    @classmethod
    def read(cls, path: Path, device: str) -> Self:
        from metahdr.training.trained_with import read_settings
        from metahdr.weights.ours import load_network

        def build(facts: dict) -> nn.Module:
            found, expected = facts.get("method", "another method"), cls.weights_of or cls.name
            if found != expected:
                raise UserError(f"{path}: found weights of {found}; expected those of {expected}")
            return cls.build(read_settings(path, cls.settings, facts["settings"]))

        network, facts = load_network(path, build)
        return cls(network.to(device), read_settings(path, cls.settings, facts["settings"]), facts["trained_on"])
