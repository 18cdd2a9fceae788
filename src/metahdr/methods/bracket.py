"""The merge of a bracket, completed by a network where every exposure is clipped."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np

from metahdr.brackets.handheld import Merged, merge_bracket
from metahdr.brackets.merge import CLIPPED
from metahdr.methods.base import Method
from metahdr.methods.camera import KnowsCameras
from metahdr.methods.radiance import Radiance

if TYPE_CHECKING:
    from torch import Tensor

_ONSET = 230  # value of the darkest exposure from which the network takes over, to be alone at `CLIPPED`


def fill(merged: Merged, method: Method) -> np.ndarray:
    """The merge, with what is clipped in all exposures taken from a method of single exposures.

    The method reconstructs the darkest exposure. In each channel it takes over in log light with the value of that
    exposure, from `_ONSET` on, so that no edge shows; never darker than the merge. What moved is left as it is,
    because the darkest exposure may show something else there.

    Args:
        merged: from `merge_bracket`.
        method: that takes single exposures, such as `radiance` with the curve of `merged` as its camera's.

    Returns:
        Linear light in the scene's scale, float32 `(H, W, 3)`.
    """
    import torch

    if not merged.clipped.any():
        return merged.radiance
    darkest = int(np.argmin(merged.stops))
    exposure = merged.exposures[darkest]
    inputs = torch.from_numpy(exposure.transpose(2, 0, 1)[None].copy()).float() / 255
    with torch.inference_mode():
        found = method.reconstruct(inputs, [merged.stops[darkest]])[0].cpu().numpy().transpose(1, 2, 0)
    weight = np.clip((exposure - np.float32(_ONSET)) / (CLIPPED - _ONSET), 0, 1) * ~merged.moved[..., None]
    gain = np.maximum(found / np.maximum(merged.radiance, np.finfo(np.float32).tiny), 1)
    return (merged.radiance * gain**weight).astype(np.float32)


class Bracket(Method):
    """`fill` of the merge of all exposures, by the shipped radiance network.

    Args:
        network: the method of single exposures that completes the merge.
    """

    name = "bracket"
    title = "Merge of all exposures, completed"
    citation = "this project"
    takes = "bracket"
    uses = frozenset({"exposure", "ev", "support"})
    weights = Radiance.weights
    weights_of = "radiance"
    shipped = Radiance.shipped

    def __init__(self, network: KnowsCameras):
        self.network = network

    @classmethod
    def read(cls, path: Path, device: str) -> Self:
        return cls(Radiance.read(path, device))

    def reconstruct(self, exposures: Tensor, stops: Sequence[float]) -> Tensor:
        import torch

        from metahdr.images.files import pixels

        merged = merge_bracket(pixels(exposures), list(stops), align=False, deghost=False)
        radiance = fill(merged, self.network.with_camera(merged.curve))
        return torch.from_numpy(radiance.transpose(2, 0, 1)[None].copy()).to(exposures.device)

    def trained_on(self) -> dict[str, str]:
        return self.network.trained_on()


class BracketSupport(Bracket):
    """The same of the support set, without the exposure that is held out."""

    name = "bracket_support"
    title = "Merge, completed"
    takes = "stack"
    uses = frozenset({"support"})
