"""The three networks of Kalantari and Ramamoorthi 2017, of exposures aligned by optical flow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from metahdr.config.base import Fraction
from metahdr.methods.merging.base import MergingMethod, MergingTraining

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor, nn


class KalantariTraining(MergingTraining):
    """Training of Kalantari and Ramamoorthi's networks (2017), which merge a bracket aligned by optical flow."""

    first_stage: Fraction = 0.2
    """share of the steps in which the weight and image estimator learns to keep the aligned images"""


class Direct(MergingMethod):
    """The network's output is the merge."""

    name = "kalantari_direct"
    title = "Kalantari, direct"
    citation = "Kalantari and Ramamoorthi 2017"
    licence = "not had"
    settings = KalantariTraining
    norm = "l2"
    kind: ClassVar[Literal["direct", "we", "wie"]] = "direct"

    @classmethod
    def build(cls, settings: KalantariTraining) -> nn.Module:
        from metahdr.nets.kalantari import KalantariNet

        return KalantariNet(cls.kind)

    @classmethod
    def align(cls, exposures: np.ndarray, stops: Sequence[float]) -> np.ndarray:
        from metahdr.brackets.flow import align_by_flow

        return align_by_flow(exposures, stops)


class WeightEstimator(Direct):
    """The network's outputs are the weights of the exposures' light in the merge."""

    name = "kalantari_we"
    title = "Kalantari, weights"
    kind = "we"

    @classmethod
    def predict(cls, network: nn.Module, inputs: Tensor, gains: Tensor) -> Tensor:
        from metahdr.nets.kalantari import merge

        return merge(network(inputs).unflatten(1, (3, 3)), inputs[:, :, 3:])


class WeightAndImageEstimator(Direct):
    """The network's outputs are the weights, and refined images of whose light the merge is made.

    In the first stage of its training the refined images learn to be the aligned ones.
    """

    name = "kalantari_wie"
    title = "Kalantari, weights and images"
    kind = "wie"

    @classmethod
    def predict(cls, network: nn.Module, inputs: Tensor, gains: Tensor) -> Tensor:
        from metahdr.methods.merging.inputs import GAMMA
        from metahdr.nets.kalantari import merge

        weights, images = network(inputs).unflatten(1, (2, 3, 3)).unbind(1)
        return merge(weights, images**GAMMA * gains.view(-1, 3, 1, 1, 1))

    @classmethod
    def loss(
        cls, network: nn.Module, inputs: Tensor, gains: Tensor, truth: Tensor, progress: float, settings: Any
    ) -> Tensor:
        from torch.nn import functional as F

        if progress < settings.first_stage:
            return F.mse_loss(network(inputs).unflatten(1, (2, 3, 3))[:, 1], inputs[:, :, :3])
        return super().loss(network, inputs, gains, truth, progress, settings)
