"""No reconstruction: the baseline that every table begins with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from metahdr.methods.base import Method

if TYPE_CHECKING:
    from torch import Tensor


class Untouched(Method):
    """The exposure itself, taken for the scene's radiance."""

    name = "ldr"
    title = "LDR, no reconstruction"
    trivial = True
    takes = "single"
    uses = frozenset({"exposure"})
    scale = "scene"

    def reconstruct(self, exposures: Tensor, stops: Sequence[float]) -> Tensor:
        return exposures
