"""Luminance, and the meter that judges a picture by it."""

import numpy as np

LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)  # ITU-R BT.709
MIDDLE_GREY = 0.18


def luminance(image: np.ndarray) -> np.ndarray:
    """BT.709 luminance of `(..., 3)` linear light."""
    return image @ LUMINANCE


def metered_scale(hdr: np.ndarray) -> float:
    """The factor that brings the log-average luminance to 0.18 (Reinhard et al. 2002, equations 1 and 2).

    Pixels below 1e-4 of the median count as 1e-4 of it, so that black borders do not decide.
    """
    values = luminance(hdr)
    floor = max(1e-4 * float(np.median(values)), np.finfo(np.float32).tiny)
    return float(MIDDLE_GREY / np.exp(np.log(np.maximum(values, floor), dtype=np.float64).mean()))
