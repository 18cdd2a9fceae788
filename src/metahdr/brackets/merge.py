"""Merges exposures of one view into one HDR image, after Debevec and Malik 1997.

Like theirs, the response curve is calibrated on the exposures themselves, from differences of logarithms (equation
2). Unlike theirs:

- Of two exposures, each value of the brighter one is compared with the median of its pixels in the darker one (the
  comparagram of Mann and Picard 1995, which holds all that a bracket tells of the curve, Grossberg and Nayar
  2003). A median counts black pixels like all others, so that the toe is not bent.
- Their smoothness term is replaced by a prior over real curves (`prior.py`). Where a scene shows few values, as at
  night, the likeliest curve is taken.
- A value's weight is its accuracy in linear light, which grows with the exposure time (Robertson et al. 2003), and
  not a hat in log light: of several exposures that show a pixel, the longest is the least noisy.
- Values from 250 upwards are no evidence: white is 251 in some cameras, and JPEG spreads clipped pixels over 250
  to 254.

Measured by `benchmarks/merge.py`; the constants were chosen on panoramas that it does not use.
"""

from itertools import combinations

import cv2
import numpy as np

from metahdr.brackets.prior import curve_prior
from metahdr.camera.exposure import PIXEL_VALUES

CLIPPED = 250  # values from here upwards say only that there was at least as much light
_FADE = 60  # number of values below `CLIPPED` over which the weight falls to 0
_SURE = 245  # values above may be clipped ones that JPEG changed; they do not calibrate
_FEWEST = 8  # pixels that a value must have to be compared with the other exposure
_DARKEST = 4  # values below have a relative error that is too large
_NOISE, _MODEL = 1.5, 0.5  # errors of a pixel and of a median of many, in pixel values
_ITERATIONS = 6
_ROUGHNESS = 1e-4  # variance of each value's log exposure that is added to `curve_prior`
_SAMPLES = 4_000_000  # values of an exposure that calibrate; more change nothing
_TINY = np.finfo(np.float32).tiny


def inverse_response(exposures: np.ndarray, stops: list[float]) -> np.ndarray:
    """The exposure in [0, 1] of each of the 256 pixel values, one curve for all channels.

    It is the mean of a Gaussian posterior of the log curve: the prior is `curve_prior`, the evidence is which
    value of one exposure corresponds to which in the others. Value 255 is an exposure of 1, which fixes the scale.

    Args:
        exposures: uint8 `(S, ...)` of one view, S at least 1.
        stops: of each exposure; with 0 stops, light of 1.0 clips.

    Returns:
        float64 `(256,)`, never decreasing, from 0 to 1. Exposures that have no usable value in common leave the
        prior's mean.
    """
    step = max(1, exposures[0].size // _SAMPLES)
    step += step % 3 == 0  # all channels
    values = exposures.reshape(len(exposures), -1)[:, ::step]
    pairs = []
    for i, j in combinations(np.argsort(stops), 2):
        if stops[j] > stops[i]:
            found = _counterparts(values[i], values[j])
            pairs.append(np.column_stack([found, np.full(len(found), (stops[j] - stops[i]) * np.log(2))]))
    long, short, count, difference = np.concatenate(pairs).T if pairs else np.empty((4, 0))

    mean, covariance = curve_prior()
    covariance = covariance + _ROUGHNESS * np.eye(255)
    covariance[-1] = covariance[:, -1] = 0
    equations = _at(long) - _at(short)
    curve = mean
    for step in range(_ITERATIONS):
        slope = np.gradient(curve)  # the error of a value becomes that of a logarithm
        variance = ((_at(long) @ slope) ** 2 + (_at(short) @ slope) ** 2) * (_MODEL**2 + _NOISE**2 / count)
        if step > 1:  # Cauchy's weights, for values that belong to a thing that moved
            variance += (difference - equations @ curve) ** 2
        gain = covariance @ equations.T
        solved = np.linalg.solve(equations @ gain + np.diag(variance), difference - equations @ mean)
        curve = mean + gain @ solved
    return np.concatenate([[0], np.exp(np.minimum.accumulate(curve[::-1])[::-1])])


def _counterparts(short: np.ndarray, long: np.ndarray) -> np.ndarray:
    """Rows: a value of the longer exposure, the median of its pixels in the shorter one, their number."""
    together = np.bincount(long.astype(np.int64) * 256 + short, minlength=256**2).reshape(256, 256)
    total = together.cumsum(1)
    rows = []
    for value in range(_DARKEST, _SURE + 1):
        count = total[value, -1]
        if count >= _FEWEST:
            middle = np.searchsorted(total[value], count / 2)  # values are bins from -0.5 to 0.5 around them
            above = total[value, middle] - count / 2
            median = middle + 0.5 - above / together[value, middle]
            if 1 <= median <= _SURE:
                rows.append((value, median, count))
    return np.array(rows).reshape(-1, 3)


def _at(values: np.ndarray) -> np.ndarray:
    """Weights `(N, 255)` of the entries of values 1 to 255 that interpolate at `values`."""
    below = np.clip(values.astype(int), 1, 254)
    weights = np.zeros((len(values), 255))
    weights[np.arange(len(values)), below - 1] = below + 1 - values
    weights[np.arange(len(values)), below] = values - below
    return weights


def merge(exposures: np.ndarray, stops: list[float], curve: np.ndarray) -> np.ndarray:
    """The HDR image: the mean of the exposures' radiances, each weighted by its inverse variance.

    All pixel values have the same error, so that the error of a radiance is the curve's slope there over the
    exposure time. The mean is raised to what each clipped exposure (`CLIPPED`) shows, if it is below; where all
    exposures are clipped, the result is thus what the darkest shows.

    Args:
        exposures: uint8 `(S, ...)` of one view.
        stops: of each exposure; with 0 stops, light of 1.0 clips.
        curve: from `inverse_response`.

    Returns:
        Linear light in the scene's scale, float32 `(...)`, non-negative and finite.
    """
    low, high = np.maximum(PIXEL_VALUES - 2, 0), np.minimum(PIXEL_VALUES + 2, 255)
    slope = np.maximum((curve[high] - curve[low]) / (high - low), 1e-6)
    weight = np.clip((CLIPPED - PIXEL_VALUES) / _FADE, 0, 1) / slope**2
    least = np.where(PIXEL_VALUES < CLIPPED, 0, curve)
    total, mean, bound = (np.zeros(exposures.shape[1:], np.float32) for _ in range(3))
    for exposure, stop in zip(exposures, stops, strict=True):
        # divided by the largest weight of all, so that no weight leaves the range of single precision
        weights = _look_up(weight / weight.max() * 4.0 ** (stop - max(stops)), exposure)
        total += weights
        weights *= _look_up(curve / 2.0**stop, exposure)
        mean += weights
        np.maximum(bound, _look_up(least / 2.0**stop, exposure), out=bound)
    np.divide(mean, total, out=mean, where=total > 0)
    return np.maximum(mean, bound, out=mean)


def _look_up(table: np.ndarray, values: np.ndarray) -> np.ndarray:
    return cv2.LUT(values.reshape(1, -1), table.astype(np.float32)).reshape(values.shape)
