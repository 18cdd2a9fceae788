"""Metrics of HDR images that keep what is above 1: error in stops, and PSNR of PU21 values.

Each takes a mask, so that saturated regions can be measured by themselves.
"""

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
        mask: pixels to measure, bool `(N, H, W)`; all without it. NaN where there are none.
    """
    stops = [torch.log2(luminance(image).clamp(min=FLOOR)) for image in (prediction, truth)]
    return _mean((stops[0] - stops[1]).square(), mask).sqrt()


def pu21(luminance: Tensor) -> Tensor:
    """Perceptually uniform value of luminance in cd/m^2; 0 for 0.005, about 256 for 100, 595 for 10,000."""
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


_ERROR = {"title": "log RMSE", "unit": "stops", "decimals": 2, "better": "lower", "domain": "relative linear"}
_PU21_PSNR = {
    "title": "PU21-PSNR",
    "unit": "dB",
    "decimals": 1,
    "better": "higher",
    "domain": "absolute luminance",
}
LOG_RMSE = Metric("log_rmse", **_ERROR, region="all", range=(0, 24), source="", function=log_rmse)
LOG_RMSE_CLIPPED = Metric(
    "log_rmse_clipped", **_ERROR, region="clipped", range=(0, 24), source="", function=log_rmse
)
PU21_PSNR = Metric("pu21_psnr", **_PU21_PSNR, region="all", range=(0, 100), source="", function=pu21_psnr)
PU21_PSNR_CLIPPED = Metric(
    "pu21_psnr_clipped", **_PU21_PSNR, region="clipped", range=(0, 100), source="", function=pu21_psnr
)
