"""A stack of exposures made out of one, and its HDR image (Kim, Lee and Kang 2020)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from metahdr.methods.base import Claim, in_scene_scale
from metahdr.methods.stack.settings import StackTraining
from metahdr.methods.tiles import in_tiles
from metahdr.methods.trained import TrainedMethod
from metahdr.training.inputs import TrainingInputs

if TYPE_CHECKING:
    from torch import Tensor, nn


TILE, MARGIN = 1024, 192  # multiples of 32, the grid of the networks
LARGE = 2048  # pixels; of a longer side, the response is estimated from every second, third ... pixel


class Stack(TrainedMethod):
    """Two recurrent networks make brighter and darker exposures, which the differentiable layer merges.

    The network has two parts, `up` and `down`.
    """

    name = "stack"
    title = "Differentiable HDR synthesis"
    citation = "Kim, Lee and Kang 2020"
    licence = "MIT"
    published = "HDR-VDP-2 58.8 on VDS, 55.9 on HDR-Eye, 59.5 on RAISE (its Table 1)"
    claims = (Claim("single", "log_rmse", "all", "gamma_2"),)
    takes = "single"
    uses = frozenset({"exposure", "ev"})
    settings = StackTraining
    trains_on = "raw"

    @classmethod
    def build(cls, settings: StackTraining) -> nn.ModuleDict:
        """The networks, not trained."""
        from metahdr.nets.exposure_transfer import both_directions

        return both_directions(settings.width)

    @classmethod
    def train(cls, inputs: TrainingInputs, model: Path, history: Path) -> None:
        from metahdr.methods.stack.trainer import StackTrainer

        StackTrainer(inputs).produce(model, history)

    def exposures(self, image: Tensor) -> Tensor:
        """The stack from dark to bright, by default seven exposures; `image` is the middle one.

        The networks take a large image in tiles.

        Args:
            image: display-referred in [0, 1], `(3, H, W)`.

        Returns:
            `(E, 3, H, W)`.
        """
        import torch

        from metahdr.nets.exposure_transfer import generate_stack

        networks, steps = (self.network["up"], self.network["down"]), self.trained_with.recursions
        with torch.inference_mode():
            return in_tiles(lambda tile: generate_stack(*networks, tile, steps), image[None], TILE, MARGIN)[0]

    def merge(self, stack: Tensor) -> Tensor:
        """Light `(3, H, W)` of the exposures that `exposures` returns; 1.0 is where the middle one clips."""
        from metahdr.brackets.synthesis import synthesise
        from metahdr.methods.stack.response import scaled_response

        middle = self.trained_with.recursions
        evs = [self.trained_with.stops * (number - middle) for number in range(len(stack))]
        every = -(-max(stack.shape[-2:]) // LARGE)
        response = scaled_response(stack[None, ..., ::every, ::every], evs)
        return in_tiles(lambda tile: synthesise(tile, evs, response), stack[None], TILE, margin=0)[0]

    def reconstruct(self, exposures: Tensor, stops: Sequence[float]) -> Tensor:
        import torch

        light = torch.stack([self.merge(self.exposures(exposure)) for exposure in exposures])
        return in_scene_scale(light, stops)
