"""Light as 8 bits a channel, for pictures that a page shows at any exposure; `shared.js` decodes them.

Radiance x is stored as log(1 + STEEP x) / log(1 + STEEP top), where top is the largest value. A step is about 4 %
of the radiance; below 1 / STEEP steps are equal.
"""

import numpy as np

STEEP = 256.0
TOP = 256.0  # radiance above this, 8 stops over what EV 0 holds, is stored as this


def encode(linear: np.ndarray, top: float) -> np.ndarray:
    """Radiance as 8 bits."""
    return np.round(np.log1p(STEEP * np.clip(linear, 0, top)) / np.log1p(STEEP * top) * 255).astype(np.uint8)


def decode(code: np.ndarray, top: float) -> np.ndarray:
    """The inverse, as `shared.js` has it."""
    return np.expm1(code / np.float32(255) * np.log1p(STEEP * top)) / STEEP
