"""Losses between a prediction and its label, both linear light `(N, 3, H, W)`.

All of them have a second derivative, which MAML needs: they are smooth but for kinks (absolute values, maxima,
ReLUs) that have none on a set of measure zero, where PyTorch takes one side's.
"""

import math
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from metahdr.config.meta import Meta
from metahdr.metrics.fidelity import gaussian_blur, ssim
from metahdr.metrics.haarpsi import haarpsi
from metahdr.nets.hdrcnn import EPSILON, linear_light

Loss = Callable[[Tensor, Tensor], Tensor]

_HDRCNN_LUMINANCE = (0.213, 0.715, 0.072)
_TINY = 1e-16  # of the squared norms, as in F.cosine_similarity


def make_loss(settings: Meta) -> Loss:
    """The loss of both loops.

    Raises:
        UserError: `vgg16` is missing or something else, where the loss needs it.
    """
    if settings.loss in ("lpips", "lpips_l1"):
        from metahdr.losses.lpips import load_lpips  # it imports torchvision, which is slow

        distance = load_lpips(Path(settings.vgg16), "meta.vgg16")
        return partial(lpips_loss if settings.loss == "lpips" else lpips_l1_loss, distance)
    losses: dict[str, Loss] = {
        "expandnet": lambda prediction, label: expandnet_loss(prediction, label, settings.loss_lambda),
        "ssim_l1": ssim_l1_loss,
        "mu_law": mu_law_loss,
        "ir": ir_loss,
        "haarpsi_mse": haarpsi_mse_loss,
    }
    return losses[settings.loss]


def expandnet_loss(prediction: Tensor, label: Tensor, lam: float = 5.0) -> Tensor:
    """l1 + lam (1 - cosine similarity of the pixels' colours), each averaged (Marnerides et al. 2018, section 4).

    A pixel that is black in both images has cosine 0, in the reference implementation too.
    """
    # F.cosine_similarity, but for its second derivative, which is slow.
    norms = prediction.square().sum(1) * label.square().sum(1)
    cosine = ((prediction * label).sum(1) * torch.rsqrt(norms.clamp(min=_TINY))).mean()
    return F.l1_loss(prediction, label) + lam * (1 - cosine)


def ssim_l1_loss(prediction: Tensor, label: Tensor) -> Tensor:
    """(1 - SSIM)/2 + l1/2 for values in [0, 1], of images of 11 pixels or more."""
    return 0.5 * (1 - ssim(prediction, label).mean()) + 0.5 * F.l1_loss(prediction, label)


def lpips_loss(distance: Loss, prediction: Tensor, label: Tensor) -> Tensor:
    """LPIPS with VGG16 (Zhang et al. 2018, section 3), for values in [0, 1], of images of 16 pixels or more."""
    return distance(prediction, label).mean()


def lpips_l1_loss(distance: Loss, prediction: Tensor, label: Tensor) -> Tensor:
    """LPIPS/2 + l1/2, for values in [0, 1], of images of 16 pixels or more (LPIPS: Zhang et al. 2018)."""
    return 0.5 * distance(prediction, label).mean() + 0.5 * F.l1_loss(prediction, label)


def haarpsi_mse_loss(prediction: Tensor, label: Tensor) -> Tensor:
    """(1 - HaarPSI) + mean squared error, each with weight 1, for values in [0, 1] (HaarPSI: Reisenhofer et al.
    2018)."""
    return 1 - haarpsi(prediction, label).mean() + F.mse_loss(prediction, label)


def mu_law_loss(prediction: Tensor, label: Tensor, mu: float = 5000.0) -> Tensor:
    """l1 of values in [0, 1] after the mu-law log(1 + mu H) / log(1 + mu) (Kalantari and Ramamoorthi 2017)."""
    compressed = [torch.log1p(mu * image) / math.log1p(mu) for image in (prediction, label)]
    return F.l1_loss(*compressed)


def ir_loss(prediction: Tensor, label: Tensor) -> Tensor:
    """HDR-CNN's illumination and reflectance loss of linear light, every pixel alike: MetaHDR's future work."""
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
    """Illumination and reflectance apart (Eilertsen et al. 2017, equations 6 to 8).

    The log illumination is the log luminance under a Gaussian filter; the log reflectance is what remains of each
    channel. Both errors are weighted by saturation; lam weighs illumination against reflectance.

    Args:
        y, target, alpha: as `hdrcnn_log_loss` takes them.
        sigma: of the Gaussian in pixels; 2 in the paper, in effect about 3.7 in the authors' code.
    """
    log_target = torch.log(target + EPSILON)
    illumination = _log_illumination(y, sigma)
    illumination_target = _log_illumination(log_target, sigma)
    reflectance_error = (y - illumination) - (log_target - illumination_target)
    first = (alpha * (illumination - illumination_target)).square().mean()
    return lam * first + (1 - lam) * (alpha * reflectance_error).square().mean()


def _log_illumination(y: Tensor, sigma: float) -> Tensor:
    """Gaussian-filtered log luminance of log values `(N, 3, H, W)`, `(N, 1, H, W)`; the border is repeated."""
    linear = linear_light(y)
    weights = linear.new_tensor(_HDRCNN_LUMINANCE).view(1, 3, 1, 1)
    log_luminance = torch.log((linear * weights).sum(1, keepdim=True) + EPSILON)
    radius = round(3 * sigma)
    return gaussian_blur(F.pad(log_luminance, (radius,) * 4, mode="replicate"), sigma, radius)
