"""The Gaussian filter of SSIM and of HDR-CNN's loss."""

import torch
from torch import Tensor
from torch.nn import functional as F


def gaussian_blur(planes: Tensor, sigma: float, radius: int) -> Tensor:
    """A Gaussian of 2 radius + 1 pixels where it fits, `(N, 1, H, W)` to `(N, 1, H - 2 radius, W - 2 radius)`."""
    offsets = torch.arange(-radius, radius + 1, dtype=planes.dtype, device=planes.device)
    window = torch.exp(-(offsets**2) / (2 * sigma**2))
    window = window / window.sum()
    return F.conv2d(F.conv2d(planes, window.view(1, 1, -1, 1)), window.view(1, 1, 1, -1))
