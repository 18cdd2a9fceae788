"""Metrics of linear light that is not clipped: PSNR, PSNR after the mu-law, error in stops."""

import math
from dataclasses import replace

import torch
from torch import Tensor

from metahdr.metrics.metric import REGIONS, Metric
from metahdr.metrics.photometry import LEAST, MOST, luminance_of_batch

MU = 5000.0


def mu_law(image: Tensor, mu: float = MU) -> Tensor:
    """log(1 + mu x) / log(1 + mu), the tone curve of Kalantari and Ramamoorthi 2017, equation 5; 1 stays 1."""
    return torch.log1p(mu * image) / math.log1p(mu)


def linear_psnr(prediction: Tensor, truth: Tensor, mask: Tensor | None = None) -> Tensor:
    """PSNR in dB of the pixels of a mask; arguments as `log_rmse`, but light with a peak of 1."""
    return -10 * torch.log10(masked_mean((prediction - truth).square().mean(1), mask))


def mu_psnr(prediction: Tensor, truth: Tensor, mask: Tensor | None = None) -> Tensor:
    """PSNR in dB after the mu-law, peak 1, likewise."""
    return linear_psnr(mu_law(prediction), mu_law(truth), mask)


def log_rmse(prediction: Tensor, truth: Tensor, mask: Tensor | None = None) -> Tensor:
    """Root mean squared error of the log luminance in stops, from 0.005 to 10,000 cd/m^2.

    Args:
        prediction, truth: light in cd/m^2, `(N, 3, H, W)`.
        mask: pixels to measure, bool `(R, H, W)`, R is N or N is 1; None: all.

    Returns:
        `(R,)`, NaN where a mask is empty.
    """
    stops = [luminance_of_batch(image).clamp(LEAST, MOST).log2() for image in (prediction, truth)]
    return masked_mean((stops[0] - stops[1]).square(), mask).sqrt()


def masked_mean(values: Tensor, mask: Tensor | None) -> Tensor:
    """Means of `(N, H, W)` over the pixels of a mask `(R, H, W)`, `(R,)`; NaN where it is empty."""
    mask = torch.ones_like(values) if mask is None else mask.to(values.dtype)
    return (values * mask).sum((-2, -1)) / mask.sum((-2, -1))


LINEAR_PSNR = Metric(
    name="linear_psnr",
    title="linear PSNR",
    unit="dB",
    decimals=2,
    better="higher",
    domain="linear",
    alignments=("plain", "scale"),
    range=(-math.inf, 100.0),
    source="mean squared error in decibels; the peak is the truth's luminance at the photometry's percentile",
    function=linear_psnr,
)
MU_PSNR = replace(
    LINEAR_PSNR,
    name="mu_psnr",
    title="μ-law PSNR",
    source="Kalantari and Ramamoorthi 2017; mu 5000, 1.0 is the truth's luminance at the photometry's percentile",
    function=mu_psnr,
)
LOG_RMSE = Metric(
    name="log_rmse",
    title="log RMSE",
    unit="stops",
    decimals=3,
    better="lower",
    domain="luminance",
    alignments=("plain", "scale"),
    regions=REGIONS,
    range=(0.0, math.inf),
    source="root mean squared error of the log2 luminance, from 0.005 to 10,000 cd/m^2",
    function=log_rmse,
)
