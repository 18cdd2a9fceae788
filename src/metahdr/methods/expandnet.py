"""ExpandNet (Marnerides et al. 2018), its output brought to the scale of the exposure."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self

from metahdr.errors import UserError
from metahdr.methods.base import Method, in_scene_scale

if TYPE_CHECKING:
    from torch import Tensor, nn

BYTES_PER_PIXEL = 1300  # of memory; benchmarks/hdrcnn.py measures it
_BLACK = 0.05  # darker pixels do not count for the scale
_LEAST, _TINY = 1e-3, 1e-6


class ExpandNet(Method):
    """ExpandNet with the authors' weights.

    ExpandNet's output has no scale. Each image is multiplied by one factor, so that the mean log ratio to x^2
    (HDR-CNN's equation 1) is 0 over the pixels of the exposure that are neither black nor clipped. An image
    without such a pixel is scaled so that its smallest clipped value is 1.

    The authors' script ends with (x - min) / (max - min) over the whole image. That is left out: it moves black
    by an offset, so that no factor brings the result to radiance. `ExpandNetMinMax` has it.

    Args:
        network: in evaluation mode, exposures in [0, 1] to relative values, `(N, 3, H, W)` to the same.
    """

    name = "expandnet"
    title = "ExpandNet"
    citation = "Marnerides et al. 2018"
    licence = "BSD-3-Clause-Clear"
    takes = "single"
    uses = frozenset({"exposure", "ev"})
    weights = ("expandnet",)

    def __init__(self, network: nn.Module):
        self.network = network

    @classmethod
    def read(cls, path: Path, device: str) -> Self:
        from metahdr.weights.expandnet import load_expandnet

        return cls(load_expandnet(path).to(device))

    def reconstruct(self, exposures: Tensor, stops: Sequence[float]) -> Tensor:
        """As the contract says.

        Raises:
            UserError: there is too little memory. The network's global branch needs the whole image at once.
        """
        import torch

        _check_memory(exposures)
        with torch.no_grad():
            pairs = zip(exposures, self._relative(exposures), strict=True)
            return in_scene_scale(torch.stack([_in_scale_of(*pair) for pair in pairs]).float(), stops)

    def _relative(self, exposures: Tensor) -> Tensor:
        """Positive values without a scale, `(N, 3, H, W)`."""
        return self.network(exposures)

    def compile(self) -> None:
        import torch

        self.network = torch.compile(self.network)


class ExpandNetMinMax(ExpandNet):
    """ExpandNet as the authors' script leaves it: each image brought to [0, 1] by its least and greatest value.

    What is less than 1/1000 of the greatest value counts as that, so that the least one has a logarithm.
    """

    name = "expandnet_minmax"
    title = "ExpandNet, min-max"
    weights_of = "expandnet"

    def _relative(self, exposures: Tensor) -> Tensor:
        values = self.network(exposures)
        least, most = values.amin((1, 2, 3), keepdim=True), values.amax((1, 2, 3), keepdim=True)
        return ((values - least) / (most - least).clamp(min=_TINY)).clamp(min=_LEAST)


def _in_scale_of(x: Tensor, relative: Tensor) -> Tensor:
    """One image's relative values, multiplied so that they fit its exposure `x`, both `(3, H, W)`."""
    from metahdr.nets.hdrcnn import GAMMA, THRESHOLD

    known = ((x > _BLACK) & (x.amax(0) < THRESHOLD)).float()
    if known.any():
        ratio = (x.clamp(min=_BLACK) ** GAMMA).log() - relative.log()
        return relative * ((ratio * known).sum() / known.sum()).exp()
    if (x.amax(0) >= THRESHOLD).any():
        return relative / relative.amax(0)[x.amax(0) >= THRESHOLD].min()
    return x**GAMMA  # black: there is nothing to expand


def _check_memory(exposures: Tensor) -> None:
    count, _, height, width = exposures.shape
    needed = count * height * width * BYTES_PER_PIXEL
    available = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if needed > available and not exposures.is_cuda:
        raise UserError(
            f"ExpandNet needs about {needed / 1e9:.0f} GB for {width}x{height} pixels; "
            f"{available / 1e9:.0f} GB are free: scale the image down, or take HDR-CNN, which works in tiles"
        )
