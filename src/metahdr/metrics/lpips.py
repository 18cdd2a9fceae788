"""LPIPS of HDR images: of tone-mapped values, and of PU21 values."""

from dataclasses import replace
from functools import cache
from pathlib import Path

from torch import Tensor

from metahdr.metrics.hdr import mu_law
from metahdr.metrics.metric import Metric
from metahdr.metrics.photometry import MOST
from metahdr.metrics.pu21 import pu21
from metahdr.weights.lpips import Distance, load_lpips


def lpips(prediction: Tensor, truth: Tensor, weights: Path) -> Tensor:
    """LPIPS with AlexNet of the mu-law's values, cut at 1, `(N, 3, H, W)` to `(N,)`.

    Args:
        prediction, truth: linear light, at least 32x32 pixels.
        weights: AlexNet's, as `read_convolutions` takes them.
    """
    return _distance(weights)(*(mu_law(image).clamp(max=1).float() for image in (prediction, truth)))


def lpips_pu21(prediction: Tensor, truth: Tensor, weights: Path) -> Tensor:
    """The same of the channels' PU21 values, divided by the value of 10,000 cd/m^2; light in cd/m^2."""
    return _distance(weights)(
        *((pu21(image) / pu21(image.new_tensor(MOST))).float() for image in (prediction, truth))
    )


@cache
def _distance(weights: Path) -> Distance:
    """Loaded once a process."""
    return load_lpips("alex", weights, "score.metrics")


LPIPS = Metric(
    name="lpips",
    title="LPIPS",
    better="lower",
    domain="linear",
    alignments=("crf",),
    range=(0.0, float("inf")),
    source="Zhang et al. 2018, AlexNet, version 0.1; of values tone-mapped by the mu-law, mu 5000, cut at 1",
    function=lpips,
    weights="alexnet",
)
LPIPS_PU21 = replace(
    LPIPS,
    name="lpips_pu21",
    title="LPIPS of PU21",
    domain="luminance",
    source="Zhang et al. 2018, AlexNet, version 0.1; of PU21 values over that of 10,000 cd/m^2",
    function=lpips_pu21,
)
