"""Methods that can be told a camera's response."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import TYPE_CHECKING, Self

from metahdr.camera.curve import Curve
from metahdr.methods.base import CALIBRATED, Method

if TYPE_CHECKING:
    from torch import Tensor


class KnowsCameras(Method):
    """A method for an unknown camera, or for one whose response it was told. Adaptation calibrates the camera.

    Attributes:
        curve: the camera's response; None: unknown.
    """

    adapts = True
    curve: Curve | None = None

    @classmethod
    def modes(cls, label_sources: list[str]) -> list[str]:
        """`single`, and `calibrated`: with the response that the support shows, whatever its labels."""
        return super().modes([]) + ([CALIBRATED] if label_sources else [])

    def with_camera(self, curve: Curve) -> Self:
        """The method for a camera with this response."""
        known = copy(self)
        known.curve = curve
        return known

    def calibrated(self, exposures: Tensor, stops: Sequence[float]) -> Self:
        """The method with the response that a bracket shows.

        Args:
            exposures: of one view, display-referred in [0, 1], `(E, 3, H, W)`.
            stops: of each exposure, length E.
        """
        from metahdr.brackets.merge import inverse_response
        from metahdr.images.files import pixels

        return self.with_camera(Curve(inverse_response(pixels(exposures), list(stops))))

    def adapt(self, exposures: Tensor, labels: Tensor, stops: Sequence[float]) -> Self:
        """`calibrated`: no label says more of a camera than the exposures do."""
        return self.calibrated(exposures, stops)
