"""PSNR and SSIM as MetaHDR reports them: on linear RGB clipped to [0, 1], data range 1."""

import math

import torch
from torch import Tensor

from metahdr.metrics.gaussian import gaussian_blur
from metahdr.metrics.metric import Metric

WINDOW, SIGMA = 11, 1.5
_C1, _C2 = 0.01**2, 0.03**2


def psnr(prediction: Tensor, truth: Tensor) -> Tensor:
    """Peak signal-to-noise ratio in dB for a peak of 1, over all channels, `(N, 3, H, W)` to `(N,)`."""
    return -10 * torch.log10((prediction - truth).square().mean((1, 2, 3)))


def ssim(prediction: Tensor, truth: Tensor) -> Tensor:
    """Mean structural similarity (Wang et al. 2004), averaged over channels, `(N, C, H, W)` to `(N,)`.

    Gaussian window of 11 pixels with sigma 1.5, K1 = 0.01, K2 = 0.03, population covariance; the border in
    which the window leaves the image is left out.
    """

    def blur(image: Tensor) -> Tensor:
        return gaussian_blur(image.flatten(0, 1)[:, None], SIGMA, WINDOW // 2)

    mean_p, mean_t = blur(prediction), blur(truth)
    var_p, var_t = blur(prediction**2) - mean_p**2, blur(truth**2) - mean_t**2
    covariance = blur(prediction * truth) - mean_p * mean_t
    similarity = (2 * mean_p * mean_t + _C1) * (2 * covariance + _C2)
    similarity = similarity / ((mean_p**2 + mean_t**2 + _C1) * (var_p + var_t + _C2))
    return similarity.unflatten(0, prediction.shape[:2]).mean((1, 2, 3, 4))


SSIM = Metric(
    name="ssim",
    title="SSIM",
    better="higher",
    domain="clipped",
    range=(-1.0, 1.0),
    source="Wang et al. 2004",
    function=ssim,
)
PSNR = Metric(
    name="psnr",
    title="PSNR",
    unit="dB",
    decimals=2,
    better="higher",
    domain="clipped",
    range=(-math.inf, 100.0),  # 100: an error of 1e-5 or less
    source="mean squared error in decibels",
    function=psnr,
)
