"""The best tone curve of every image, found with the truth: an oracle for tone alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.polynomial import Polynomial

from metahdr.errors import UserError
from metahdr.methods.base import Method

if TYPE_CHECKING:
    from torch import Tensor

    from metahdr.scenes.scene import Scene

DEGREE = 5


class BestPolynomial(Method):
    """One polynomial of degree 5 for an image, from pixel value to radiance in the scene's scale.

    Least squares fits it to the truth in linear light, over all values that are not clipped, one curve for all
    channels: no polynomial of this degree has a better linear PSNR there. No polynomial follows the jump at 255,
    so clipped values get one radiance, the geometric mean of their truth, which has the least log RMSE. Negative
    radiance becomes 0. The curve need not be monotone.

    Args:
        curve: of values in [0, 1] that are not clipped; None: not told yet.
        level: radiance of clipped values.
    """

    name = "polynomial"
    title = "Best polynomial"
    takes = "single"
    uses = frozenset({"exposure", "truth"})
    scale = "scene"

    def __init__(self, curve: Polynomial | None = None, level: float = 1.0):
        self.curve, self.level = curve, level

    def told(self, scene: Scene, index: int) -> Self:
        values, truth = (image.double().numpy() for image in (scene.ldr[index], scene.hdr))
        clipped = values >= 1
        known, light = values[~clipped], np.maximum(truth[clipped], np.finfo(np.float32).tiny)
        degree = min(DEGREE, len(np.unique(known)) - 1)
        curve = Polynomial.fit(known, truth[~clipped], degree) if known.size else Polynomial([0.0])
        return type(self)(curve, float(np.exp(np.log(light).mean())) if light.size else 1.0)

    def reconstruct(self, exposures: Tensor, stops: Sequence[float]) -> Tensor:
        if self.curve is None:
            raise UserError("polynomial: an oracle, which must be told the truth; give another method")
        values = exposures.double().cpu().numpy()
        # A value beyond those of the image that the curve is of has the curve's end.
        radiance = np.maximum(self.curve(np.clip(values, *self.curve.domain)), 0)
        return exposures.new_tensor(np.where(values >= 1, self.level, radiance))
