"""PSNR and SSIM of log images that are stretched to [0, 1], the scores of Demirci and Dere.

They compare what their network answers with such an image of the truth. Neither image has the other's scale: the
scores say nothing of how bright the light is, and one pixel that is far too bright darkens all others.
"""

import math

from torch import Tensor

from metahdr.metrics.fidelity import psnr, ssim
from metahdr.metrics.metric import ALL, Metric

_TINY = 1e-9  # least range of a log image: one that is constant becomes 0


def stretched_log(light: Tensor) -> Tensor:
    """log(1 + light), each image stretched to [0, 1], all channels together, `(N, 3, H, W)` to the same."""
    log = light.log1p()
    low, high = log.amin((1, 2, 3), keepdim=True), log.amax((1, 2, 3), keepdim=True)
    return (log - low) / (high - low).clamp(min=_TINY)


def log_psnr(prediction: Tensor, truth: Tensor) -> Tensor:
    """PSNR in dB of `stretched_log`, peak 1, `(N, 3, H, W)` to `(N,)`."""
    return psnr(stretched_log(prediction), stretched_log(truth))


def log_ssim(prediction: Tensor, truth: Tensor) -> Tensor:
    """SSIM of `stretched_log`, data range 1, `(N, 3, H, W)` to `(N,)`."""
    return ssim(stretched_log(prediction), stretched_log(truth))


_SOURCE = "Demirci and Dere; log(1 + light), 1.0 is the truth's luminance at the photometry's percentile"
LOG_PSNR = Metric(
    name="log_psnr",
    title="PSNR, stretched log",
    unit="dB",
    decimals=2,
    better="higher",
    domain="linear",
    alignments=("plain",),
    regions=ALL,
    range=(-math.inf, 100.0),
    source=_SOURCE,
    function=log_psnr,
)
LOG_SSIM = Metric(
    name="log_ssim",
    title="SSIM, stretched log",
    unit="",
    decimals=4,
    better="higher",
    domain="linear",
    alignments=("plain",),
    regions=ALL,
    range=(-1.0, 1.0),
    source=_SOURCE,
    function=log_ssim,
)
