"""Linearisation alone: the inverse of an assumed camera curve; clipped pixels stay clipped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from metahdr.methods.base import Metered, Method, in_scene_scale

if TYPE_CHECKING:
    from torch import Tensor


class _Gamma(Method):
    exponent: ClassVar[float]
    trivial = True
    takes = "single"
    uses = frozenset({"exposure", "ev"})

    def reconstruct(self, exposures: Tensor, stops: Sequence[float]) -> Tensor:
        return in_scene_scale(exposures**self.exponent, stops)


class Gamma2(_Gamma):
    """x^2, the inverse of the camera curve that HDR-CNN assumes."""

    name = "gamma_2"
    title = "x^2"
    citation = "Eilertsen et al. 2017, equation 1"
    exponent = 2


class Gamma22(_Gamma):
    """x^2.2, the usual approximation of a display's curve."""

    name = "gamma_2_2"
    title = "x^2.2"
    exponent = 2.2


class Gamma2Metered(Metered, Gamma2):
    """x^2 of the exposure alone, its EV unknown, brought to where a meter would put the scene."""

    name = "gamma_2_metered"
    title = "x^2, metered"
