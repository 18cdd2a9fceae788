"""Metrics that also measure values above 1: error in stops, and PSNR of PU21 values.

Each takes a mask, so that the region that is clipped in the input can be measured by itself.
"""

import math
from dataclasses import replace

import torch
from torch import Tensor

from metahdr.images import LUMINANCE
from metahdr.metrics.metric import Metric

PEAK = 100.0  # cd/m^2 of linear 1.0, where the exposure clips
FLOOR = 1 / 255  # linear light below this is quantisation noise of the exposure, and HDR-CNN's own epsilon
# Mantiuk and Azimi 2021, "PU21: A novel perceptually uniform encoding for adapting existing quality metrics for
# HDR", the variant banding + glare; valid from 0.005 to 10,000 cd/m^2.
_PU21 = (0.353487901, 0.3734658629, 8.277049286e-05, 0.9062562627, 0.09150303166, 0.9099517204, 596.3148142)
_PU21_RANGE = (0.005, 10000.0)


def luminance(image: Tensor) -> Tensor:
    """BT.709 luminance of linear light, `(N, 3, H, W)` to `(N, H, W)`."""
    return torch.einsum("nchw,c->nhw", image, image.new_tensor(LUMINANCE))


def log_rmse(prediction: Tensor, truth: Tensor, mask: Tensor | None = None) -> Tensor:
    """Root mean squared error of the log luminance in stops, `(N, 3, H, W)` to `(N,)`.

    Args:
        mask: pixels to measure, bool `(N, H, W)`; None: all. NaN where an image has none.
    """
    stops = [torch.log2(luminance(image).clamp(min=FLOOR)) for image in (prediction, truth)]
    return _mean((stops[0] - stops[1]).square(), mask).sqrt()


def pu21(luminance: Tensor) -> Tensor:
    """Perceptually uniform value of a luminance in cd/m^2: 0 for 0.005, about 256 for 100, 595 for 10,000."""
    p1, p2, p3, p4, p5, p6, p7 = _PU21
    power = luminance.clamp(*_PU21_RANGE) ** p4
    return p7 * (((p1 + p2 * power) / (1 + p3 * power)) ** p5 - p6)


def pu21_psnr(prediction: Tensor, truth: Tensor, mask: Tensor | None = None) -> Tensor:
    """PSNR in dB of PU21 values of the luminance, peak 256, `(N, 3, H, W)` to `(N,)`.

    Linear 1.0 is shown at 100 cd/m^2. `mask` as in `log_rmse`.
    """
    encoded = [pu21(luminance(image) * PEAK) for image in (prediction, truth)]
    return 20 * torch.log10(256 / _mean((encoded[0] - encoded[1]).square(), mask).sqrt())


def _mean(values: Tensor, mask: Tensor | None) -> Tensor:
    mask = torch.ones_like(values) if mask is None else mask.to(values.dtype)
    return (values * mask).sum((-2, -1)) / mask.sum((-2, -1))


LOG_RMSE = Metric(
    name="log_rmse",
    title="log RMSE",
    unit="stops",
    decimals=3,
    better="lower",
    domain="relative linear",
    region="all",
    range=(0.0, math.inf),
    source="root mean squared error of the log2 luminance",
    function=log_rmse,
)
LOG_RMSE_CLIPPED = replace(LOG_RMSE, name="log_rmse_clipped", title="log RMSE, clipped region", region="clipped")
PU21_PSNR = Metric(
    name="pu21_psnr",
    title="PU21-PSNR",
    unit="dB",
    decimals=2,
    better="higher",
    domain="absolute luminance",
    region="all",
    range=(-7.34, 100.0),  # the least for 0.005 against 10,000 cd/m^2
    source="Mantiuk and Azimi 2021",
    function=pu21_psnr,
)
PU21_PSNR_CLIPPED = replace(
    PU21_PSNR, name="pu21_psnr_clipped", title="PU21-PSNR, clipped region", region="clipped"
)
