"""Camera response curves f(x) = (1 + s) x^n / (x^n + s) of Eilertsen et al. 2017, section 4.1."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Response:
    """A response curve; f(0) = 0 and f(1) = 1."""

    n: float
    sigma: float

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Display-referred value of exposure `x`, both in [0, 1]."""
        power = np.power(x, self.n)
        return (1 + self.sigma) * power / (power + self.sigma)

    def inverse(self, y: np.ndarray) -> np.ndarray:
        """Exposure of display-referred value `y`, both in [0, 1]."""
        return np.power(self.sigma * y / (1 + self.sigma - y), 1 / self.n)


def draw_response(rng: np.random.Generator, n: list[float], sigma: list[float]) -> Response:
    """A curve with normally distributed parameters, given as mean and standard deviation.

    Both are at least 0.1: no camera has a curve with less.
    """
    return Response(max(rng.normal(*n), 0.1), max(rng.normal(*sigma), 0.1))
