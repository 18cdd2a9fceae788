"""PSNR and SSIM of perceptually uniform luminance, PU21.

Mantiuk and Azimi 2021, "PU21: A novel perceptually uniform encoding for adapting existing quality metrics for
HDR", the variant banding + glare.
"""

import torch
from torch import Tensor

from metahdr.metrics.fidelity import ssim
from metahdr.metrics.hdr import masked_mean
from metahdr.metrics.metric import ALIGNMENTS, REGIONS, Metric
from metahdr.metrics.photometry import LEAST, MOST, luminance_of_batch

PEAK = 256.0  # of PSNR and SSIM, as the authors' code has it: about the value of 100 cd/m^2
_P = (0.353487901, 0.3734658629, 8.277049286e-05, 0.9062562627, 0.09150303166, 0.9099517204, 596.3148142)


def pu21(light: Tensor) -> Tensor:
    """Perceptually uniform value of light in cd/m^2: 0 for 0.005 and less, 256 for 100, 595 for 10,000 or more."""
    p1, p2, p3, p4, p5, p6, p7 = _P
    power = light.clamp(LEAST, MOST) ** p4
    return p7 * (((p1 + p2 * power) / (1 + p3 * power)) ** p5 - p6)


def pu21_psnr(prediction: Tensor, truth: Tensor, mask: Tensor | None = None) -> Tensor:
    """PSNR in dB of PU21 values of the luminance, peak 256; arguments as `log_rmse`."""
    encoded = [pu21(luminance_of_batch(image)) for image in (prediction, truth)]
    return 20 * torch.log10(PEAK / masked_mean((encoded[0] - encoded[1]).square(), mask).sqrt())


def pu21_ssim(prediction: Tensor, truth: Tensor) -> Tensor:
    """SSIM of PU21 values of the luminance, dynamic range 256; light in cd/m^2, `(N, 3, H, W)` to `(N,)`."""
    return ssim(*(pu21(luminance_of_batch(image))[:, None] / PEAK for image in (prediction, truth)))


PU21_PSNR = Metric(
    name="pu21_psnr",
    title="PU21-PSNR",
    unit="dB",
    decimals=2,
    better="higher",
    domain="luminance",
    alignments=ALIGNMENTS,
    regions=REGIONS,
    range=(-7.34, 100.0),  # the least for 0.005 against 10,000 cd/m^2
    source="Mantiuk and Azimi 2021, of the luminance, peak 256",
    function=pu21_psnr,
)
PU21_SSIM = Metric(
    name="pu21_ssim",
    title="PU21-SSIM",
    better="higher",
    domain="luminance",
    alignments=ALIGNMENTS,
    range=(-1.0, 1.0),
    source="Mantiuk and Azimi 2021 and Wang et al. 2004, of the luminance, dynamic range 256",
    function=pu21_ssim,
)
