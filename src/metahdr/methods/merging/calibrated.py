"""The calibrated merge for moving brackets, without any network: what the networks must beat."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from metahdr.methods.base import Method

if TYPE_CHECKING:
    from torch import Tensor


class AlignedMerge(Method):
    """Debevec's merge after the background was aligned by a homography; what moved becomes a ghost."""

    name = "merge_aligned"
    title = "Debevec merge, aligned"
    citation = "Debevec and Malik 1997; Evangelidis and Psarakis 2008"
    trivial = True
    takes = "bracket"
    uses = frozenset({"exposure", "ev", "support"})
    by_name = True

    def reconstruct(self, exposures: Tensor, stops: Sequence[float]) -> Tensor:
        import torch

        from metahdr.brackets.merge import inverse_response, merge
        from metahdr.images.files import pixels

        aligned, stops = self.align(pixels(exposures), stops), list(stops)
        curve = inverse_response(aligned, stops)
        radiance = self.finish(merge(aligned, stops, curve), aligned, stops, curve)
        return torch.from_numpy(radiance.transpose(2, 0, 1)[None].copy()).to(exposures.device)

    def align(self, exposures: np.ndarray, stops: Sequence[float]) -> np.ndarray:
        """The exposures brought to the middle one, uint8 `(E, H, W, 3)`."""
        from metahdr.brackets.homography import align_by_homography

        return align_by_homography(exposures, stops)

    def finish(self, merged: np.ndarray, aligned: np.ndarray, stops: list[float], curve: np.ndarray) -> np.ndarray:
        """What becomes of the merge `(H, W, 3)`."""
        return merged


class DeghostedMerge(AlignedMerge):
    """The same, with each thing that moved taken from one exposure (`brackets.ghosts`), as for photographs."""

    name = "merge_deghosted"
    title = "Debevec merge, aligned, without ghosts"

    def finish(self, merged: np.ndarray, aligned: np.ndarray, stops: list[float], curve: np.ndarray) -> np.ndarray:
        from metahdr.brackets.ghosts import find_moved, replace_moved
        from metahdr.brackets.shifts import middle

        reference = middle(stops)
        moved = find_moved(aligned, stops, curve, reference)
        return replace_moved(merged, aligned, stops, curve, moved, reference)


class FlowMerge(AlignedMerge):
    """The same after the exposures were aligned by optical flow, which follows what moves."""

    name = "merge_flow"
    title = "Debevec merge, aligned by flow"
    citation = "Debevec and Malik 1997; Kroeger et al. 2016"

    def align(self, exposures: np.ndarray, stops: Sequence[float]) -> np.ndarray:
        from metahdr.brackets.flow import align_by_flow

        return align_by_flow(exposures, stops)


class DeghostedFlowMerge(FlowMerge, DeghostedMerge):
    """The same, with what the flow did not bring into place taken from one exposure."""

    name = "merge_flow_deghosted"
    title = "Debevec merge, aligned by flow, without ghosts"
