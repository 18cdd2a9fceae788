"""Several exposures of one view merged into one HDR image (Debevec and Malik 1997).

The response curve is calibrated on the exposures that are merged. Two exposures up to four stops apart do not
determine it well; therefore its difference from sRGB's curve is kept smooth. Log RMSE in stops where an exposure
is between 10 and 245, mean over the 273 support sets of the default run's training scenes (95 % quantile):

    this calibration                                             0.08 (0.14)
    OpenCV's with 300 samples and lambda 100                     0.13 (0.37)
    OpenCV's with its defaults, 70 samples and lambda 10         0.19 (0.46)
    no calibration, sRGB's curve                                 0.70 (1.51)
    no calibration, x^2                                          0.71 (1.63)
    the true curve                                               0.04 (0.08)

OpenCV's curves are averaged over the channels and scaled so that 255 is an exposure of 1. Its merge is not used
either, because it gives black and saturated values a weight.
"""

from itertools import combinations

import numpy as np

LEVELS = np.arange(256)
HAT = np.minimum(LEVELS, 255 - LEVELS) / 127.5  # equation 4: black and saturated values have weight 0
SMOOTHNESS = 2.0  # lambda of equation 3 per pixel value, chosen on the default run's training scenes
_FAINT = 1e-8  # weight of sRGB's curve, which is the result for exposures that have no usable pixel in common
_TINY = np.finfo(np.float32).tiny


def srgb_curve() -> np.ndarray:
    """Exposure in [0, 1] of the 256 values of sRGB (IEC 61966-2-1)."""
    y = LEVELS / 255
    return np.where(y <= 0.04045, y / 12.92, ((y + 0.055) / 1.055) ** 2.4)


def inverse_response(exposures: np.ndarray, stops: list[float]) -> np.ndarray:
    """The exposure in [0, 1] of each of the 256 pixel values.

    Equation 3 over all pixels, with one curve for all channels. The radiances are eliminated, which leaves the
    differences between exposures. The smoothness term is the second difference of the log curve minus sRGB's, with
    the same weight for all values. The scale is fixed by 255 being an exposure of 1.

    Args:
        exposures: uint8 `(S, ...)` of one view, S at least 1.
        stops: what each of them is relative to the scene's scale.

    Returns:
        float64 `(256,)`, never decreasing, from 0 to 1.
    """
    weights = HAT[exposures] ** 2
    total = np.maximum(weights.sum(0), _TINY)
    matrix, right = np.zeros((256, 256)), np.zeros(256)
    for i, j in combinations(range(len(stops)), 2):
        values = exposures[i].astype(np.int64) * 256 + exposures[j]
        pairs = np.bincount(values.ravel(), (weights[i] * weights[j] / total).ravel(), 256**2)
        pairs = pairs.reshape(256, 256) / exposures[0].size
        ends = pairs.sum(1) - pairs.sum(0)
        matrix += np.diag(pairs.sum(1) + pairs.sum(0)) - pairs - pairs.T
        right += (stops[i] - stops[j]) * np.log(2) * ends

    known = np.log(srgb_curve()[1:])  # the curve of the values 1 to 255; 0 is no light
    bend = np.diff(np.eye(255), 2, axis=0)
    matrix, right = matrix[1:, 1:], right[1:] - matrix[1:, 1:] @ known
    matrix = matrix + SMOOTHNESS * bend.T @ bend + _FAINT * np.eye(255)
    departure = np.zeros(255)  # 0 at 255
    departure[:-1] = np.linalg.solve(matrix[:-1, :-1], right[:-1])
    curve = np.exp(np.minimum.accumulate((known + departure)[::-1])[::-1])
    return np.concatenate([[0], curve])


def merge(exposures: np.ndarray, stops: list[float], curve: np.ndarray) -> np.ndarray:
    """The HDR image: the mean over the exposures of the log radiances, weighted by the hat (equation 6).

    Where every exposure is black or saturated, it is the radiance at which the darkest saturated exposure clips,
    or 0 if all are black.

    Args:
        exposures: uint8 `(S, ...)` of one view.
        stops: what each of them is relative to the scene's scale.
        curve: from `inverse_response`.

    Returns:
        Linear light in the scene's scale, float32 `(...)`, non-negative and finite.
    """
    shift = np.reshape(stops, (-1, *[1] * (exposures.ndim - 1)))
    weights = HAT[exposures]
    total = weights.sum(0)
    logs = np.log(np.maximum(curve, _TINY))[exposures] - shift * np.log(2)
    mean = (weights * logs).sum(0) / np.maximum(total, _TINY)
    largest = (curve[exposures] / 2.0**shift).max(0)
    return np.where(total > 0, np.exp(mean), largest).astype(np.float32)
