"""What all networks that merge a moving bracket share as methods."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from metahdr.config.base import Count, Positive, TrainingSection
from metahdr.methods.base import Claim
from metahdr.methods.tiles import in_tiles
from metahdr.methods.trained import TrainedMethod
from metahdr.training.inputs import TrainingInputs

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor, nn


TILE, MARGIN = 512, 128  # multiples of 16, on the grid of Wu's encoder; AHDRNet sees 43 pixels around each


class MergingTraining(TrainingSection):
    """What all of these trainings have."""

    size: Annotated[int, Field(ge=16)] = 64
    """width and height of a training image in pixels"""

    steps: Count = 1800
    """training steps"""

    batch: Count = 4
    """images per step"""

    learning_rate: Positive = 0.0003
    """Adam's learning rate at the beginning"""

    decay: bool = True
    """let the learning rate fall to 0 along a cosine; as published: false"""

    save_every: Count = 50
    """steps between the states that an interrupted training resumes from"""


class MergingMethod(TrainedMethod):
    """A network that merges three exposures, dark to bright, into what the middle one shows.

    The network's output ends at 1, the light at which the darkest exposure clips: brighter light is lost. A large
    bracket is merged in tiles.

    Attributes:
        norm: of the difference to the truth after the mu-law, which training makes small: `l1` or `l2`.
    """

    takes = "bracket"
    uses = frozenset({"exposure", "ev", "support"})
    trains_on = "moving"
    claims = (Claim("moving", "mu_psnr", "moved", "debevec_all"),)
    norm: ClassVar[Literal["l1", "l2"]]

    @classmethod
    def align(cls, exposures: np.ndarray, stops: Sequence[float]) -> np.ndarray:
        """The exposures as the network takes them, uint8 `(3, H, W, 3)`: brought to the middle one."""
        return exposures

    @classmethod
    def predict(cls, network: nn.Module, inputs: Tensor, gains: Tensor) -> Tensor:
        """The merge in [0, 1] of exposures with their light, `(N, 3, 6, H, W)` to `(N, 3, H, W)`.

        Args:
            gains: from each exposure's own light to that of its bracket, `(N, 3)`.
        """
        return network(inputs)

    @classmethod
    def loss(
        cls, network: nn.Module, inputs: Tensor, gains: Tensor, truth: Tensor, progress: float, settings: Any
    ) -> Tensor:
        """The loss of a batch; `progress` is the share of the training that is done, from 0 to 1."""
        from metahdr.losses import fidelity

        compare = {"l1": fidelity.mu_law_loss, "l2": fidelity.mu_law_mse_loss}[cls.norm]
        return compare(cls.predict(network, inputs, gains), truth)

    @classmethod
    def train(cls, inputs: TrainingInputs, model: Path, history: Path) -> None:
        from metahdr.methods.merging.trainer import MergingTrainer

        MergingTrainer(inputs, cls.name, cls.build, cls.align, cls.loss).produce(model, history)

    def reconstruct(self, exposures: Tensor, stops: Sequence[float]) -> Tensor:
        import torch

        from metahdr.images.files import pixels
        from metahdr.methods.merging.inputs import by_gamma, check_bracket, light_gains, most_light, with_light

        check_bracket(self.name, stops)
        aligned = by_gamma(self.align(pixels(exposures), stops), stops).to(exposures)
        with torch.inference_mode():
            gains = light_gains(stops).to(aligned)
            merge = partial(self.predict, self.network, gains=gains[None])
            return in_tiles(merge, with_light(aligned, gains)[None], TILE, MARGIN) * most_light(stops)
