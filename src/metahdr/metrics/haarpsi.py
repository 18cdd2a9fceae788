"""HaarPSI, the Haar wavelet-based perceptual similarity index (Reisenhofer et al. 2018)."""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

_C, _ALPHA = 30.0, 4.2  # the paper's, for values in [0, 255]
_YIQ = ((0.299, 0.587, 0.114), (0.596, -0.274, -0.322), (0.211, -0.523, 0.312))  # as the authors' code rounds it
_TINY = 1e-12  # weight of an agreement that is always there, so that two black images agree


def haarpsi(prediction: Tensor, truth: Tensor) -> Tensor:
    """Similarity in [0, 1], 1 for equal images of values in [0, 1], `(N, 3, H, W)` to `(N,)`.

    Of both images at half their size, the luminance's vertical and horizontal Haar coefficients of the two finest
    scales are compared, and the chroma's local means. A pixel's weight is the larger of the two images'
    coefficients of the third scale. As in the authors' code for colour images; beyond the border is black.
    """
    images = [_half_yiq(image) for image in (prediction, truth)]
    coefficients = [[_haar(image[:, :1], scale) for scale in (1, 2, 3)] for image in images]
    fine, middle, coarse = zip(*coefficients, strict=True)
    luminance = (_similarity(*fine) + _similarity(*middle)) / 2
    chroma = (F.avg_pool2d(F.pad(image[:, 1:], (0, 1, 0, 1)), 2, stride=1) for image in images)
    chroma = _similarity(*chroma).mean(1, keepdim=True)
    similarity = torch.cat([luminance, chroma], 1)
    weights = torch.maximum(coarse[0].abs(), coarse[1].abs())
    weights = torch.cat([weights, weights.mean(1, keepdim=True)], 1)
    agreement = _TINY / (1 + math.exp(-_ALPHA))
    total = (torch.sigmoid(_ALPHA * similarity) * weights).sum((1, 2, 3)) + agreement
    return (torch.logit(total / (weights.sum((1, 2, 3)) + _TINY)) / _ALPHA).square()


def _half_yiq(image: Tensor) -> Tensor:
    """YIQ of values in [0, 255], means of 2x2 pixels."""
    height, width = image.shape[2:]
    yiq = torch.einsum("ij,njhw->nihw", image.new_tensor(_YIQ), 255 * image)
    return F.avg_pool2d(F.pad(yiq, (0, width % 2, 0, height % 2)), 2)


def _haar(luminance: Tensor, scale: int) -> Tensor:
    """Vertical and horizontal Haar coefficients, up to their sign, `(N, 1, H, W)` to `(N, 2, H, W)`."""
    size = 2**scale
    kernel = luminance.new_full((size, size), 1 / size)
    kernel[size // 2 :] *= -1
    padding = (size // 2 - 1, size // 2)
    return F.conv2d(F.pad(luminance, padding * 2), torch.stack([kernel, kernel.T])[:, None])


def _similarity(a: Tensor, b: Tensor) -> Tensor:
    return (2 * (a * b).abs() + _C) / (a.square() + b.square() + _C)
