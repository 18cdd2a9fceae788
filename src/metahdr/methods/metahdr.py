"""MetaHDR (Pan and Vento 2021): a network with weights that a few gradient steps adapt to a scene."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self

from metahdr.config.meta import Meta
from metahdr.errors import UserError
from metahdr.methods.base import Method
from metahdr.training.inputs import TrainingInputs

if TYPE_CHECKING:
    from torch import Tensor

    from metahdr.meta.learner import Learner, Parameters

_MULTIPLE = 16  # the U-Nets halve the image four times


class MetaHDR(Method):
    """A meta-trained network.

    Args:
        learner: the meta-parameters.
        trained_with: the settings they were trained with; adaptation takes its loss and steps from them.
        parameters: of the network, with which it reconstructs; None: the learner's.
    """

    name = "metahdr"
    title = "MetaHDR"
    citation = "Pan and Vento 2021"
    takes = "single"
    uses = frozenset({"exposure"})
    scale = "scene"
    adapts = True
    weights = ("train",)
    settings = Meta
    on_gpu = True

    def __init__(self, learner: Learner, trained_with: Meta, parameters: Parameters | None = None):
        from metahdr.meta.learner import leaves

        self.learner, self.trained_with = learner, trained_with
        self.parameters = leaves(learner.parameters_of_network()) if parameters is None else parameters

    @classmethod
    def load(cls, weights: Path | None = None, device: str = "cpu") -> Self:
        if weights is None:
            raise UserError("metahdr: no weights are shipped; give a checkpoint of meta-training, such as best.pt")
        learner, settings = load_learner(weights)
        return cls(learner.to(device), settings)

    @classmethod
    def train(cls, inputs: TrainingInputs, model: Path, history: Path) -> None:
        from metahdr.meta.trainer import train

        train(inputs, model, history)

    def reconstruct(self, exposures: Tensor, stops: Sequence[float]) -> Tensor:
        import torch
        from torch.func import functional_call
        from torch.nn import functional as F

        height, width = exposures.shape[-2:]
        padding = (0, -width % _MULTIPLE, 0, -height % _MULTIPLE)
        padded = F.pad(exposures, padding, mode="replicate")
        with torch.no_grad():  # one by one, because a batch would share the statistics of batch normalisation
            radiance = [functional_call(self.learner.network, self.parameters, x) for x in padded.split(1)]
        return torch.cat(radiance)[..., :height, :width]

    def adapt(self, exposures: Tensor, labels: Tensor, stops: Sequence[float]) -> Self:
        from metahdr.losses.make import make_loss
        from metahdr.meta.learner import adapt
        from metahdr.metrics.protocols import PAPER

        network, rates, target = self.learner.network, self.learner.rates(), PAPER.target(labels)
        loss = make_loss(self.trained_with.inner, **self.trained_with.loss_options)
        steps = self.trained_with.inner_steps
        parameters = adapt(network, self.parameters, rates, exposures, target, loss, steps)
        return type(self)(self.learner, self.trained_with, parameters)


def load_learner(path: Path) -> tuple[Learner, Meta]:
    """The meta-parameters of a checkpoint and the settings that they were trained with.

    Raises:
        UserError: no readable checkpoint, or not one of meta-training.
    """
    from metahdr.meta.learner import Learner
    from metahdr.training import checkpoint
    from metahdr.training.trained_with import read_settings

    values = checkpoint.load(path)
    if not {"settings", "parameters"} <= values.keys():
        raise UserError(f"{path}: a checkpoint, but not of meta-training")
    settings = read_settings(path, Meta, json.loads(values["settings"]))
    return Learner(settings, values["parameters"]), settings
