"""Linear light to the 8 bits that a screen shows. One operator serves all pictures of a page."""

import cv2
import numpy as np

from metahdr.images.luminance import luminance, metered_scale

RADIUS, SIGMA, SIGMA_INTENSITY = 5, 3.0, 0.4  # of the bilateral filter: pixels, pixels, decades of intensity
DYNAMIC_RANGE = 1.6  # decades that the local operator leaves of the large-scale contrast
_GAMMA = 2.2
_FLOOR = 1e-6  # intensity below this counts as this


def gamma(linear: np.ndarray) -> np.ndarray:
    """Light clipped to [0, 1]: what lies above 1 is white."""
    return _encode(linear)


def reinhard(linear: np.ndarray) -> np.ndarray:
    """L / (1 + L) of the luminance, colours kept (Reinhard et al. 2002, equation 3)."""
    return _encode(linear / (1 + luminance(linear))[..., None])


def photographic(linear: np.ndarray) -> np.ndarray:
    """An image of any scale (Reinhard et al. 2002, equations 1 to 4).

    It is scaled to a log-average luminance of 0.18. Then the 99.9th percentile of luminance, if above 1, is white.
    """
    lit = linear[luminance(linear) > 0]  # without black pixels, which would decide the average at night
    scale = np.float32(metered_scale(lit[None]) if len(lit) else 1)
    light = luminance(linear) * scale
    white = np.float32(max(np.quantile(light, 0.999), 1))
    return _encode(linear * (scale * (1 + light / white**2) / (1 + light))[..., None])


def local(linear: np.ndarray) -> np.ndarray:
    """Compresses large-scale contrast to `DYNAMIC_RANGE` decades and keeps detail (Durand and Dorsey 2002).

    The constants are those of the MetaHDR authors' viewer. Its code raises to 1 / gamma in the wrong place; here
    the operator gives linear light, which is encoded like that of the other operators.
    """
    intensity = np.maximum(linear.mean(-1), _FLOOR)
    log = np.log10(intensity).astype(np.float32)
    base = cv2.bilateralFilter(log, 2 * RADIUS + 1, SIGMA_INTENSITY, SIGMA, borderType=cv2.BORDER_REPLICATE)
    contrast = base.max() - base.min()
    compressed = (base - base.max()) * min(DYNAMIC_RANGE / max(contrast, _FLOOR), 1)
    return _encode(linear * (10 ** (compressed + log - base) / intensity)[..., None])


def _encode(linear: np.ndarray) -> np.ndarray:
    return np.round(np.clip(linear, 0, 1) ** (1 / _GAMMA) * 255).astype(np.uint8)


OPERATORS = {"gamma": gamma, "reinhard": reinhard, "local": local}
TITLES = {"gamma": "gamma 2.2, clipped", "reinhard": "Reinhard L / (1 + L)", "local": "local bilateral"}
