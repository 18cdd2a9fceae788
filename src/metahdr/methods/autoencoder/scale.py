"""The scale of a normalised log image, from the exposure that it was predicted from."""

import math

import torch
from torch import Tensor

from metahdr.brackets.merge import CLIPPED
from metahdr.images.files import HALF_MAX

GAMMA = 2.2  # of the assumed camera: an exposure x shows the radiance x^2.2
LEAST_SHOWN = 0.01  # share of values that must not be clipped
_TINY = 1e-6  # least divisor
_OF_EACH = {"dim": (1, 2, 3), "keepdim": True}


def find_range(y: Tensor, exposures: Tensor) -> tuple[Tensor, Tensor]:
    """The least and the largest radiance of each image in its exposure's scale, `(N, 1, 1, 1)`, for `denormalise`.

    The network's output y and log(1 + radiance) are related linearly: y is -1 at the least radiance and 1 at the
    largest. The two are chosen so that the values that are not clipped get the mean and the standard deviation of
    log(1 + radiance) that the exposure shows. If y is right, they are the true ones. Least squares would give a
    smaller range the more y errs, and darken the highlights, which lie beyond what is shown.

    No radiance is negative: a least radiance below 0 becomes 0, and the mean is kept. Where nearly all values are
    clipped, they count as well, as radiance 1, which they have at least. A white exposure thus becomes 1, as a
    black one becomes 0.

    Args:
        y: as `normalise_target` gives it, `(N, 3, H, W)`.
        exposures: in [0, 1], `(N, 3, H, W)`.
    """
    shown = exposures < CLIPPED / 255
    shown = shown | (shown.float().mean(**_OF_EACH) < LEAST_SHOWN)
    place, spread = _moments((y + 1) / 2, shown)
    light, contrast = _moments(torch.log1p(exposures**GAMMA), shown)
    low = (light - contrast / spread.clamp(min=_TINY) * place).clamp(min=0)
    high = low + (light - low) / place.clamp(min=_TINY)
    return torch.expm1(low), torch.expm1(high.clamp(max=math.log1p(HALF_MAX)))


def _moments(values: Tensor, counted: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of each image's counted values, one at least, `(N, 1, 1, 1)` each."""
    count = counted.sum(**_OF_EACH)
    mean = (values * counted).sum(**_OF_EACH) / count
    return mean, (((values - mean) * counted).square().sum(**_OF_EACH) / count).sqrt()
