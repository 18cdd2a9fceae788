"""The correction of a camera's response before scoring (Hanji et al. 2022, section 6.1).

As the authors publish it with PU21 (crf_correction.m): a polynomial of degree 3 for the luminance in PQ values,
and one for the chromaticities u' and v' together. Both are fitted to the truth by least squares over all pixels;
the second is regularised towards the identity with lambda = 0.01.
"""

import torch
from torch import Tensor

from metahdr.metrics.photometry import LEAST, MOST

DEGREE, LAMBDA = 3, 0.01
_MOST = 1e8  # cd/m^2, the authors' limit
_LEAST_XYZ = 1e-4  # likewise
_CHROMA = 410 / 255  # the authors' scale of u' and v'
# BT.709's red, green and blue in XYZ, as the authors round them.
_XYZ = ((0.412424, 0.357579, 0.180464), (0.212656, 0.715158, 0.072186), (0.019332, 0.119193, 0.950444))
# SMPTE ST 2084, rounded likewise.
_M, _N, _C1, _C2, _C3 = 78.8438, 0.1593, 0.8359, 18.8516, 18.6875


def correct(prediction: Tensor, truth: Tensor) -> Tensor:
    """The prediction with its tones and colours fitted to the truth's.

    The result is finite for every finite prediction, and cut to the range from 0.005 to 1e8 cd/m^2. A constant
    prediction becomes the mean of the truth's PQ values.

    Args:
        prediction, truth: light in cd/m^2, float64 `(3, H, W)`.
    """
    (y, uv), (true_y, true_uv) = (_yuv(image.clamp(min=LEAST)) for image in (prediction, truth))
    tones = _powers(_pq(y))
    y = _from_pq(tones @ torch.linalg.lstsq(tones, _pq(true_y), driver="gelsd").solution)
    colours = _powers(uv)
    weight = LAMBDA * len(colours) / colours.shape[1]
    identity = torch.zeros(colours.shape[1], 2, dtype=uv.dtype)
    identity[-3:-1] = torch.eye(2)
    square = colours.T @ colours + weight * torch.eye(len(identity), dtype=uv.dtype)
    uv = colours @ torch.linalg.solve(square, colours.T @ true_uv + weight * identity)
    return _rgb(y, uv.clamp(min=LEAST)).reshape(prediction.shape)


def _powers(values: Tensor) -> Tensor:
    """The columns of a fit of `(pixels, channels)`: powers from the highest down, and 1.

    With two channels their product stands before the first powers.
    """
    columns = [values**power for power in range(DEGREE, 1, -1)]
    if values.shape[1] > 1:
        columns.append(values.prod(1, keepdim=True))
    return torch.cat([*columns, values, torch.ones_like(values[:, :1])], 1)


def _pq(light: Tensor) -> Tensor:
    power = (light / MOST) ** _N
    return ((_C1 + _C2 * power) / (1 + _C3 * power)) ** _M


def _from_pq(value: Tensor) -> Tensor:
    least, most = _pq(value.new_tensor([LEAST, _MOST]))
    root = value.clamp(least, most) ** (1 / _M)
    return MOST * ((root - _C1) / (_C2 - _C3 * root)) ** (1 / _N)


def _yuv(image: Tensor) -> tuple[Tensor, Tensor]:
    """Luminance `(pixels, 1)` and scaled u'v' `(pixels, 2)` of RGB `(3, H, W)`."""
    x, y, z = (image.new_tensor(_XYZ) @ image.flatten(1)).clamp(_LEAST_XYZ, _MOST)
    return y[:, None], _CHROMA * torch.stack([4 * x, 9 * y], 1) / (x + 15 * y + 3 * z)[:, None]


def _rgb(y: Tensor, uv: Tensor) -> Tensor:
    """The inverse of `_yuv`, `(3, pixels)`; colours out of BT.709's gamut are cut at 0."""
    y, (u, v) = y[:, 0], uv.T / _CHROMA
    xyz = torch.stack([y * 9 * u / (4 * v), y, y * (12 - 3 * u - 20 * v) / (4 * v)])
    return (torch.linalg.inv(y.new_tensor(_XYZ)) @ xyz.clamp(_LEAST_XYZ, _MOST)).clamp(min=0)
