"""The labels of the support set themselves: what is known before the held-out exposure is looked at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

from metahdr.errors import UserError
from metahdr.methods.base import Method

if TYPE_CHECKING:
    from torch import Tensor


class AdaptationLabel(Method):
    """The mean of the labels that a network is adapted with, whatever the exposure is.

    Where nothing moves, the true label of the support set is the truth of the held-out exposure, and this method
    scores perfectly: adaptation to true labels is given the answer.

    Args:
        label: `(3, H, W)`; None: not adapted yet.
    """

    name = "label"
    title = "The adaptation label itself"
    takes = "labels"
    uses = frozenset()
    scale = "scene"
    adapts = True

    def __init__(self, label: Tensor | None = None):
        self.label = label

    def adapt(self, exposures: Tensor, labels: Tensor, stops: Sequence[float]) -> Self:
        return type(self)(labels.mean(0))

    def reconstruct(self, exposures: Tensor, stops: Sequence[float]) -> Tensor:
        if self.label is None:
            raise UserError("label: it answers with labels, so it must be adapted first; give another method")
        return self.label.expand_as(exposures)
