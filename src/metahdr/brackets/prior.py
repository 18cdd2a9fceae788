"""What is known of a camera's curve before any exposure is seen: a likely curve, and how others vary around it."""

from functools import cache

import numpy as np

from metahdr.camera.response import Response
from metahdr.seeds import named_rng

LIKELY = Response(0.9, 0.6)  # fitted to the mean of measured curves (Eilertsen et al. 2017, section 4.1)
DRAWS, _STEPS = 2000, 1024


@cache
def curve_prior() -> tuple[np.ndarray, np.ndarray]:
    """Mean `(255,)` and covariance `(255, 255)` of the natural log of the exposure of the values 1 to 255.

    Value 255 is an exposure of 1 in every curve, so that its row and column are 0. The mean is `LIKELY`. The
    covariance is that of random curves, in which the logarithm of the slope at value u is a log(u + e) plus a
    cosine series: gamma curves with and without a linear toe, with and without a shoulder.
    """
    rng = named_rng(0, "curve prior")
    u = (np.arange(_STEPS) + 0.5) / _STEPS
    power = rng.uniform(0.2, 1.6, (DRAWS, 1))
    toe = np.exp(rng.uniform(np.log(0.003), np.log(0.1), (DRAWS, 1)))
    shoulder = rng.uniform(0, 1, (DRAWS, 1))
    slopes = power * np.log(u + toe) - shoulder * np.cos(np.pi * u)
    for order in range(1, 6):
        slopes += rng.normal(0, 0.9 / order, (DRAWS, 1)) * np.cos(order * np.pi * u)
    exposures = np.exp(slopes).cumsum(1)
    values = np.arange(1, 256) / 255 * _STEPS - 1  # `exposures` begins at the end of the first step
    logs = np.log([np.interp(values, np.arange(_STEPS), row / row[-1]) for row in exposures])
    return np.log(LIKELY.inverse(np.arange(1, 256) / 255)), np.cov(logs.T)
