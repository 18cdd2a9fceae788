"""The merge of several exposures, with the camera's curve calibrated on them, after Debevec and Malik 1997."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from metahdr.brackets.merge import inverse_response, merge
from metahdr.methods.base import Method

if TYPE_CHECKING:
    from torch import Tensor


class Debevec(Method):
    """`brackets.merge` of the support set as one HDR image."""

    name = "debevec"
    title = "Debevec merge"
    citation = "Debevec and Malik 1997"
    trivial = True
    takes = "stack"
    uses = frozenset({"support"})

    def reconstruct(self, exposures: Tensor, stops: Sequence[float]) -> Tensor:
        import torch

        values = (exposures * 255).round().byte().cpu().numpy()
        radiance = merge(values, list(stops), inverse_response(values, list(stops)))
        return torch.from_numpy(radiance)[None].to(exposures.device)


class DebevecAll(Debevec):
    """The same of all exposures, the held-out one too: what a bracket tells."""

    name = "debevec_all"
    title = "Debevec merge of all exposures"
    takes = "bracket"
    uses = frozenset({"exposure", "ev", "support"})
