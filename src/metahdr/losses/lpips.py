"""Losses with LPIPS (Zhang et al. 2018) of VGG16."""

from functools import cache
from pathlib import Path

from torch import Tensor
from torch.nn import functional as F

from metahdr.weights.lpips import Distance, load_lpips


def lpips_loss(prediction: Tensor, label: Tensor, vgg16: str) -> Tensor:
    """LPIPS, for values in [0, 1], of images of at least 16x16 pixels.

    Args:
        vgg16: file of VGG16's weights, as `read_convolutions` takes it.
    """
    return _load_once(Path(vgg16))(prediction, label).mean()


def lpips_l1_loss(prediction: Tensor, label: Tensor, vgg16: str) -> Tensor:
    """LPIPS/2 + l1/2, likewise."""
    return 0.5 * lpips_loss(prediction, label, vgg16) + 0.5 * F.l1_loss(prediction, label)


@cache
def _load_once(vgg16: Path) -> Distance:
    return load_lpips("vgg", vgg16, "meta.vgg16")
