"""HDR-FLIP: the difference that is seen when two images alternate, at the exposure at which it is seen most.

Andersson et al. 2021, "Visualizing errors in rendered high dynamic range images", and Andersson et al. 2020,
"FLIP: a difference evaluator for alternating images". Written anew because the authors' package (flip-evaluator),
which the tests compare with, takes ten times as long.
"""

import math
from functools import cache

import cv2
import numpy as np
import torch
from torch import Tensor

from metahdr.config.photometry import Photometry
from metahdr.metrics.metric import Metric
from metahdr.metrics.photometry import LEAST, luminance_of_batch

_BRIGHTEST = 65536.0  # the authors' limit
_ACES = (0.9036, 0.018, 0.8748, 0.354, 0.14)  # (a x^2 + b x) / (c x^2 + d x + e), the tone curve
_SHOWN = (
    0.85  # value of the curve for the truth's brightest pixel at the first exposure, for its median at the last
)
_XYZ = np.array(  # linear sRGB to XYZ, relative to the white of D65
    [
        [10135552 / 24577794, 8788810 / 24577794, 4435075 / 24577794],
        [2613072 / 12288897, 8788810 / 12288897, 887015 / 12288897],
        [1425312 / 73733382, 8788810 / 73733382, 70074185 / 73733382],
    ]
)
_XYZ /= _XYZ.sum(1, keepdims=True)
_OPPONENT = np.array(
    [[0, 116, 0], [500, -500, 0], [0, 200, -200]]
)  # XYZ to YCxCz, but for its constant, and to Lab
_TO_OPPONENT, _FROM_OPPONENT = (torch.from_numpy(m) for m in (_OPPONENT @ _XYZ, np.linalg.inv(_OPPONENT @ _XYZ)))
# Contrast sensitivity, sums of Gaussians a sqrt(pi/b) exp(-pi^2 x^2 / b): (a, b) for the channels Y, Cx, Cz.
_SENSITIVITY = ([(1.0, 0.0047)], [(1.0, 0.0053)], [(34.1, 0.04), (13.5, 0.025)])
_FEATURE = 0.082  # degrees, width of the detectors of edges and points
_QC, _PC, _PT, _QF = 0.7, 0.4, 0.95, 0.5  # exponents and bends of the two errors


def flip(prediction: Tensor, truth: Tensor, photometry: Photometry) -> Tensor:
    """Mean HDR-FLIP error, 0 for equal images to 1, `(1, 3, H, W)` to `(1,)`; light in cd/m^2, of any scale.

    Exposures at most a stop apart reach from the one that shows the truth's brightest pixel to the one that shows
    its median, which is taken as 0.005 cd/m^2 at least. A pixel's error is the largest over the exposures.
    """
    images = torch.cat([prediction, truth]).float().clamp(max=_BRIGHTEST)
    light = luminance_of_batch(images[1:]).clamp(min=LEAST)
    first, last = (math.log2(_shown_as() / value.item()) for value in (light.max(), light.median()))
    count = max(2, math.ceil(last - first))
    errors = torch.zeros(images.shape[2:])
    for exposure in np.linspace(first, last, count):
        errors = errors.maximum(_ldr_flip(_tone_mapped(images * 2.0**exposure), photometry.ppd))
    return errors.mean()[None]


def _tone_mapped(x: Tensor) -> Tensor:
    a, b, c, d, e = _ACES
    return ((a * x + b) * x / ((c * x + d) * x + e)).clamp(0, 1)


def _shown_as() -> float:
    """The light that the tone curve maps to `_SHOWN`."""
    a, b, c, d, e = _ACES
    half, rest = (b - d * _SHOWN) / (a - c * _SHOWN) / 2, e * _SHOWN / (a - c * _SHOWN)
    return -half + math.sqrt(half**2 + rest)


def _ldr_flip(images: Tensor, ppd: float) -> Tensor:
    """FLIP errors `(H, W)` of two images of linear light in [0, 1], `(2, 3, H, W)`."""
    opponent = _mix(_TO_OPPONENT, images)
    colour, feature = _colour_error(opponent, ppd), _feature_error(opponent[:, 0] / 116, ppd)
    return colour ** (1 - feature)


def _mix(matrix: Tensor, images: Tensor) -> Tensor:
    return torch.einsum("ij,njhw->nihw", matrix.to(images.dtype), images)


def _colour_error(opponent: Tensor, ppd: float) -> Tensor:
    """The distance of filtered colours (HyAB, after Hunt), in [0, 1]."""
    blurred = torch.empty_like(opponent)
    for channel, kernels in enumerate(_sensitivity(ppd)):
        blurred[:, channel] = sum(share * _filter(opponent[:, channel], k, k) for share, k in kernels)
    lightness, a, b = _lab(_mix(_FROM_OPPONENT, blurred).clamp(0, 1))
    difference = _hyab(lightness, a, b) ** _QC
    bend = _PC * _largest()
    return torch.where(
        difference < bend, difference * _PT / bend, _PT + (difference - bend) / (_largest() - bend) * (1 - _PT)
    )


def _lab(images: Tensor) -> Tensor:
    """CIELAB of linear light, `(N, 3, H, W)` to `(3, N, H, W)`, chroma scaled by lightness (Hunt)."""
    xyz = _mix(torch.from_numpy(_XYZ), images)
    curved = torch.where(xyz > (6 / 29) ** 3, xyz.clamp(min=1e-6) ** (1 / 3), xyz * (29 / 6) ** 2 / 3 + 4 / 29)
    lab = _mix(torch.from_numpy(_OPPONENT), curved).transpose(0, 1)
    lightness = lab[0] - 16
    return torch.stack([lightness, *(0.01 * lightness * chroma for chroma in lab[1:])])


def _hyab(lightness: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """Distance of the first image and the second."""
    return (lightness[0] - lightness[1]).abs() + torch.hypot(a[0] - a[1], b[0] - b[1])


@cache
def _largest() -> float:
    """The distance of green and blue, the largest that there is, to the power of `_QC`."""
    green_blue = torch.eye(3, dtype=torch.float64)[1:, :, None, None]
    return _hyab(*_lab(green_blue)).item() ** _QC


def _feature_error(lightness: Tensor, ppd: float) -> Tensor:
    """The difference of edges, or of points if that is larger, in [0, 1]."""
    smooth, edge, point = _detectors(ppd)
    found = []
    for kernel in (edge, point):
        strength = torch.hypot(_filter(lightness, kernel, smooth), _filter(lightness, smooth, kernel))
        found.append((strength[0] - strength[1]).abs())
    return (torch.maximum(*found) / math.sqrt(2)) ** _QF


@cache
def _sensitivity(ppd: float) -> list[list[tuple[float, np.ndarray]]]:
    """For each channel the shares of its Gaussians and their one-dimensional kernels."""
    radius = math.ceil(3 * math.sqrt(0.04 / (2 * math.pi**2)) * ppd)
    x = np.arange(-radius, radius + 1) / ppd
    channels = []
    for gaussians in _SENSITIVITY:
        kernels = [np.exp(-(np.pi**2) * x**2 / b) for _, b in gaussians]
        shares = [a * math.sqrt(math.pi / b) * k.sum() ** 2 for (a, b), k in zip(gaussians, kernels, strict=True)]
        channels.append(
            [(share / sum(shares), _trimmed(k / k.sum())) for share, k in zip(shares, kernels, strict=True)]
        )
    return channels


def _trimmed(kernel: np.ndarray) -> np.ndarray:
    """Without what lies below 1e-6 at both ends."""
    inside = np.flatnonzero(kernel > 1e-6)
    return kernel[inside[0] : inside[-1] + 1]


@cache
def _detectors(ppd: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A Gaussian, its first and its second derivative; the positive and the negative values each sum to one."""
    sigma = 0.5 * _FEATURE * ppd
    x = np.arange(-math.ceil(3 * sigma), math.ceil(3 * sigma) + 1)
    gaussian = np.exp(-(x**2) / (2 * sigma**2))
    kernels = [gaussian, -x * gaussian, (x**2 / sigma**2 - 1) * gaussian]
    return tuple(
        np.where(kernel > 0, kernel / kernel[kernel > 0].sum(), kernel / max(-kernel[kernel < 0].sum(), 1e-12))
        for kernel in kernels
    )


def _filter(planes: Tensor, horizontal: np.ndarray, vertical: np.ndarray) -> Tensor:
    """A separable filter of `(N, H, W)`; the border is repeated."""
    filtered = [
        cv2.sepFilter2D(plane, -1, horizontal, vertical, borderType=cv2.BORDER_REPLICATE)
        for plane in planes.numpy()
    ]
    return torch.from_numpy(np.stack(filtered))


FLIP = Metric(
    name="flip",
    title="HDR-FLIP",
    better="lower",
    domain="luminance",
    alignments=("crf",),
    range=(0.0, 1.0),
    source="Andersson et al. 2021, with the ACES tone curve, at the photometry's pixels per degree",
    function=flip,
)
