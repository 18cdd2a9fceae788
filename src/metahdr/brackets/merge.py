"""Several exposures of one view merged into one HDR image, after Debevec and Malik 1997.

The response curve is calibrated on the exposures that are merged, like theirs from differences of logarithms
(equation 2). What is different, and what for:

- A pair of exposures counts by what one value of the brighter becomes in the darker, the median over all pixels
  (the comparagram of Mann and Picard 1995; Grossberg and Nayar 2003 show that it holds all that a bracket knows of
  the curve). A median neither drops black pixels nor keeps only the bright ones of them, so that the toe is not
  bent.
- In the place of their smoothness stands what curves there are (`prior.py`). Where a scene shows few values,
  as at night, the likeliest curve is taken.
- Each value weighs by its accuracy in linear light, with the exposure's time (Robertson et al. 2003), and not by
  a hat in log light: where several exposures show a pixel, the longest is the least noisy.
- Values from 250 upwards are no evidence: white is 251 in some cameras, and JPEG spreads clipped pixels to 250 to
  254.

Measured by `benchmarks/merge.py`; the constants were chosen on panoramas that it does not use.
"""

from itertools import combinations

import cv2
import numpy as np

from metahdr.brackets.prior import curve_prior

LEVELS = np.arange(256)
CLIPPED = 250  # values from here upwards say only that there was at least as much light
_FADE = 60  # values below `CLIPPED` over which the weight falls to 0
_SURE = 245  # values above may be clipped ones that JPEG changed; they do not calibrate
_FEWEST = 8  # pixels of one value from which its counterpart in the other exposure is taken
_DARKEST = 4  # values below have a relative error that is too large
_NOISE, _MODEL = 1.5, 0.5  # errors of a pixel and of a median of many, in pixel values
_ITERATIONS = 6
_ROUGHNESS = 1e-4  # variance of each value's log exposure beside `curve_prior`
_SAMPLES = 4_000_000  # values of an exposure that calibrate; more change nothing
_TINY = np.finfo(np.float32).tiny


def inverse_response(exposures: np.ndarray, stops: list[float]) -> np.ndarray:
    """The exposure in [0, 1] of each of the 256 pixel values, one curve for all channels.

    The Gaussian posterior of the log curve, given `curve_prior` and what the values of one exposure are in the
    others. The scale is fixed by 255 being an exposure of 1.

    Args:
        exposures: uint8 `(S, ...)` of one view, S at least 1.
        stops: what each of them is relative to the scene's scale.

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
    """Rows of a value of the longer exposure, the median of what it is in the shorter one, and their count."""
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

    The error is one of pixel values, so that a radiance's is the curve's slope there over the exposure's time. It
    is at least what each clipped exposure (`CLIPPED`) shows; where all are clipped, that is the value in the
    darkest.

    Args:
        exposures: uint8 `(S, ...)` of one view.
        stops: what each of them is relative to the scene's scale.
        curve: from `inverse_response`.

    Returns:
        Linear light in the scene's scale, float32 `(...)`, non-negative and finite.
    """
    low, high = np.maximum(LEVELS - 2, 0), np.minimum(LEVELS + 2, 255)
    slope = np.maximum((curve[high] - curve[low]) / (high - low), 1e-6)
    weight = np.clip((CLIPPED - LEVELS) / _FADE, 0, 1) / slope**2
    least = np.where(LEVELS < CLIPPED, 0, curve)
    total, mean, bound = (np.zeros(exposures.shape[1:], np.float32) for _ in range(3))
    for exposure, stop in zip(exposures, stops, strict=True):
        # relative to the largest weight of all, which keeps single precision's range
        weights = _look_up(weight / weight.max() * 4.0 ** (stop - max(stops)), exposure)
        total += weights
        weights *= _look_up(curve / 2.0**stop, exposure)
        mean += weights
        np.maximum(bound, _look_up(least / 2.0**stop, exposure), out=bound)
    np.divide(mean, total, out=mean, where=total > 0)
    return np.maximum(mean, bound, out=mean)


def _look_up(table: np.ndarray, values: np.ndarray) -> np.ndarray:
    return cv2.LUT(values.reshape(1, -1), table.astype(np.float32)).reshape(values.shape)
