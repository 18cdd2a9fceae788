"""Losses of pixels and of structure, for linear light in [0, 1]."""

import torch
from torch import Tensor
from torch.nn import functional as F

from metahdr.metrics.fidelity import ssim
from metahdr.metrics.haarpsi import haarpsi
from metahdr.metrics.hdr import mu_law

_TINY = 1e-16  # least product of squared norms, as in F.cosine_similarity


def expandnet_loss(prediction: Tensor, label: Tensor, loss_lambda: float = 5.0) -> Tensor:
    """l1 + loss_lambda (1 - cosine similarity of the pixels' colours), each averaged.

    Source: Marnerides et al. 2018, section 4. A pixel that is black in both images has cosine 0, as in the
    reference implementation.
    """
    # F.cosine_similarity has the same values, but a slow second derivative.
    norms = prediction.square().sum(1) * label.square().sum(1)
    cosine = ((prediction * label).sum(1) * torch.rsqrt(norms.clamp(min=_TINY))).mean()
    return F.l1_loss(prediction, label) + loss_lambda * (1 - cosine)


def ssim_l1_loss(prediction: Tensor, label: Tensor) -> Tensor:
    """(1 - SSIM)/2 + l1/2, of images of at least 11x11 pixels."""
    return 0.5 * (1 - ssim(prediction, label).mean()) + 0.5 * F.l1_loss(prediction, label)


def mu_law_loss(prediction: Tensor, label: Tensor, mu: float = 5000.0) -> Tensor:
    """l1 after the mu-law log(1 + mu H) / log(1 + mu) (Kalantari and Ramamoorthi 2017)."""
    return F.l1_loss(mu_law(prediction, mu), mu_law(label, mu))


def mu_law_mse_loss(prediction: Tensor, label: Tensor, mu: float = 5000.0) -> Tensor:
    """Mean squared error after the mu-law (Kalantari and Ramamoorthi 2017, equation 6, which sums it)."""
    return F.mse_loss(mu_law(prediction, mu), mu_law(label, mu))


def log_loss(prediction: Tensor, label: Tensor, floor: float = 0.003) -> Tensor:
    """Mean squared error of the logarithm of light, to which a floor is added."""
    return F.mse_loss((prediction + floor).log(), (label + floor).log())


def haarpsi_mse_loss(prediction: Tensor, label: Tensor) -> Tensor:
    """(1 - HaarPSI) + mean squared error (HaarPSI: Reisenhofer et al. 2018)."""
    return 1 - haarpsi(prediction, label).mean() + F.mse_loss(prediction, label)
