"""A camera's response as a table: any curve that rises from 0 to 1."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Curve:
    """A response curve given by its inverse; f(0) = 0 and f(1) = 1.

    Attributes:
        exposures: the exposures of K equally spaced display-referred values from 0 to 1, float `(K,)`, rising from
            0 to 1; linear in between.
    """

    exposures: np.ndarray

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Display-referred value of exposure `x`, both in [0, 1]."""
        return np.interp(x, self.exposures, np.linspace(0, 1, len(self.exposures)))

    def inverse(self, y: np.ndarray) -> np.ndarray:
        """Exposure of display-referred value `y`, both in [0, 1]."""
        return np.interp(y, np.linspace(0, 1, len(self.exposures)), self.exposures)
