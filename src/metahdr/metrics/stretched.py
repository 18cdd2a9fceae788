"""PSNR and SSIM of log images that are stretched to [0, 1], the scores of Demirci and Dere.

They compare their network's output with such an image of the truth. Each image is stretched by itself: the scores
say nothing of how bright the light is, and one pixel that is far too bright darkens all others.
"""

from dataclasses import replace

from torch import Tensor

from metahdr.metrics.fidelity import PSNR, SSIM, psnr, ssim
from metahdr.nets.mobilenet_autoencoder import normalise_target


def stretched_log(light: Tensor) -> Tensor:
    """log(1 + light), each image stretched to [0, 1], as their network's targets; `(N, 3, H, W)` to the same."""
    return (normalise_target(light) + 1) / 2


def log_psnr(prediction: Tensor, truth: Tensor) -> Tensor:
    """PSNR in dB of `stretched_log`, peak 1, `(N, 3, H, W)` to `(N,)`."""
    return psnr(stretched_log(prediction), stretched_log(truth))


def log_ssim(prediction: Tensor, truth: Tensor) -> Tensor:
    """SSIM of `stretched_log`, data range 1, `(N, 3, H, W)` to `(N,)`."""
    return ssim(stretched_log(prediction), stretched_log(truth))


_OWN = {
    "domain": "linear",
    "source": "Demirci and Dere; log(1 + light), 1.0 is the truth's luminance at the photometry's percentile",
}
LOG_PSNR = replace(PSNR, name="log_psnr", title="PSNR, stretched log", function=log_psnr, **_OWN)
LOG_SSIM = replace(SSIM, name="log_ssim", title="SSIM, stretched log", function=log_ssim, **_OWN)
