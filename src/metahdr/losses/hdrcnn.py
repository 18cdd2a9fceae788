"""HDR-CNN's losses in the log domain (Eilertsen et al. 2017), and one of them as a loss of linear light."""

import torch
from torch import Tensor
from torch.nn import functional as F

from metahdr.metrics.gaussian import gaussian_blur
from metahdr.nets.hdrcnn import EPSILON, linear_light

_LUMINANCE = (0.213, 0.715, 0.072)  # of linear RGB, HDR-CNN's


def ir_loss(prediction: Tensor, label: Tensor) -> Tensor:
    """HDR-CNN's illumination and reflectance loss of linear light `(N, 3, H, W)`, all pixels weighted alike.

    The MetaHDR paper names it as future work.
    """
    return hdrcnn_loss(torch.log(prediction + EPSILON), label, torch.ones_like(label[:, :1]))


def hdrcnn_log_loss(y: Tensor, target: Tensor, alpha: Tensor) -> Tensor:
    """Mean squared error in the log domain, weighted by saturation (Eilertsen et al. 2017, equation 5).

    Args:
        y: log prediction `(N, 3, H, W)`, of which exp(y) - 1/255 is linear light.
        target: linear light relative to the exposure, `(N, 3, H, W)`.
        alpha: blending weight in [0, 1], `(N, 1, H, W)`.
    """
    return (alpha * (y - torch.log(target + EPSILON))).square().mean()


def hdrcnn_loss(y: Tensor, target: Tensor, alpha: Tensor, lam: float = 0.5, sigma: float = 2.0) -> Tensor:
    """Squared errors of illumination and of reflectance (Eilertsen et al. 2017, equations 6 to 8).

    The log illumination is the log luminance under a Gaussian filter; the log reflectance is the rest of each
    channel. Both errors are weighted by saturation.

    Args:
        y, target, alpha: as `hdrcnn_log_loss` takes them.
        lam: weight of illumination; that of reflectance is 1 - lam.
        sigma: of the Gaussian in pixels; 2 in the paper, in effect about 3.7 in the authors' code.
    """
    log_target = torch.log(target + EPSILON)
    illumination = _log_illumination(y, sigma)
    illumination_target = _log_illumination(log_target, sigma)
    reflectance_error = (y - illumination) - (log_target - illumination_target)
    first = (alpha * (illumination - illumination_target)).square().mean()
    return lam * first + (1 - lam) * (alpha * reflectance_error).square().mean()


def _log_illumination(y: Tensor, sigma: float) -> Tensor:
    """Gaussian-filtered log luminance of log values, `(N, 3, H, W)` to `(N, 1, H, W)`; the border is repeated."""
    linear = linear_light(y)
    weights = linear.new_tensor(_LUMINANCE).view(1, 3, 1, 1)
    log_luminance = torch.log((linear * weights).sum(1, keepdim=True) + EPSILON)
    radius = round(3 * sigma)
    return gaussian_blur(F.pad(log_luminance, (radius,) * 4, mode="replicate"), sigma, radius)
