"""SingleHDR's four networks in a row."""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from metahdr.methods.tiles import in_tiles
from metahdr.nets.response import apply_response
from metahdr.nets.single_hdr import (
    DequantisationNet,
    HallucinationNet,
    LinearisationNet,
    RefinementNet,
    over_exposed,
)

TILE, MARGIN = 1024, 192  # multiples of 32, the grid of all networks; they see 155 pixels around each
LARGE = 1024  # pixels; the response of an image with a longer side is found in a smaller one


class Stages(NamedTuple):
    """An exposure on its way back through the camera; all images are `(N, 3, H, W)`.

    Attributes:
        dequantised: display-referred in [0, 1].
        linear: light in [0, 1], 1.0 is where the exposure clips.
        hallucinated: light with what clipping took from it.
        refined: the result, light that is never negative.
        response: the camera's inverse response, at equally spaced values from 0 to 1, `(N, 1024)`.
    """

    dequantised: Tensor
    linear: Tensor
    hallucinated: Tensor
    refined: Tensor
    response: Tensor


class Pipeline(nn.Module):
    """Exposures in [0, 1] to light, `(N, 3, H, W)` to `Stages`; the networks take tiles of large ones.

    Args:
        mean, basis: the model of inverse responses, `(1024,)` and `(K, 1024)`; both are part of the state.
        width: multiplier of the channels of all networks but the ResNet-18.
    """

    def __init__(self, mean: Tensor, basis: Tensor, width: float):
        super().__init__()
        self.dequantise = DequantisationNet(width)
        self.linearise = LinearisationNet(mean, basis)
        self.linearise.register_buffer("mean", mean)  # again, as part of the state
        self.linearise.register_buffer("basis", basis)
        self.hallucinate = HallucinationNet(width)
        self.refine = RefinementNet(width)

    def forward(self, x: Tensor) -> Stages:
        dequantised, response, linear, hallucinated = self.reverse(x)
        images = torch.cat([hallucinated, linear, dequantised], 1)
        refined = in_tiles(lambda tile: self.refine(*tile.split(3, 1)), images, TILE, MARGIN)
        return Stages(dequantised, linear, hallucinated, refined, response)

    def reverse(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """The first three networks: the images dequantised, their responses, linear light, and all light."""
        dequantised = in_tiles(self.dequantised, x, TILE, MARGIN)
        response = self.linearise(F.avg_pool2d(dequantised, -(-max(x.shape[-2:]) // LARGE)))
        linear = in_tiles(lambda tile: apply_response(tile, response), dequantised, TILE, margin=0)
        return dequantised, response, linear, in_tiles(self.hallucinated, linear, TILE, MARGIN)

    def dequantised(self, x: Tensor) -> Tensor:
        return self.dequantise(x).clamp(0, 1)

    def hallucinated(self, linear: Tensor) -> Tensor:
        return linear + over_exposed(linear) * self.hallucinate(linear)
