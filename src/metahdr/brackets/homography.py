"""Alignment of a moving bracket's background by homographies, as in Wu et al. 2018.

A homography is exact for a camera that turns about its centre, and for a flat scene. OpenCV's ECC (Evangelidis and
Psarakis 2008) finds it, whatever the gain between the exposures.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from metahdr.brackets.flow import equally_bright, warp_to_middle
from metahdr.brackets.shifts import find_shift

_STEPS, _CHANGE = 50, 1e-4  # of ECC: most steps, and least gain of the correlation in a step
_BLUR = 5  # pixels, the side of the filter before it
_MARGIN = 0.002  # of correlation, by which a homography must be better than none


def align_by_homography(exposures: np.ndarray, stops: Sequence[float]) -> np.ndarray:
    """The exposures, each warped to the middle one by cubic interpolation, uint8 `(E, H, W, 3)`.

    An exposure for which no homography is found stays as it is.

    Args:
        exposures: uint8 `(E, H, W, 3)`.
        stops: of each exposure; with 0 stops, light of 1.0 clips.
    """
    return warp_to_middle(exposures, stops, _warped)


def _warped(reference: np.ndarray, image: np.ndarray, stops: float) -> np.ndarray:
    matrix, flags = find_homography(reference, image, stops), cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    return cv2.warpPerspective(image, matrix, image.shape[1::-1], flags=flags, borderMode=cv2.BORDER_REPLICATE)


def find_homography(one: np.ndarray, other: np.ndarray, stops: float) -> np.ndarray:
    """From the pixels of `one` to those of `other`, float32 `(3, 3)`; the identity where none is found.

    Args:
        one, other: uint8 `(H, W, 3)`.
        stops: by which `other` has more light.
    """
    start = np.eye(3, dtype=np.float32)
    pair = (one, other) if stops > 0 else (other, one)
    sign = 1 if stops > 0 else -1
    start[:2, 2] = sign * np.float32(find_shift(*pair, abs(stops)))
    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, _STEPS, _CHANGE)
    images = equally_bright(one, other, stops)
    none = np.eye(3, dtype=np.float32)
    try:
        correlation, found = cv2.findTransformECC(*images, start, cv2.MOTION_HOMOGRAPHY, criteria, None, _BLUR)
    except cv2.error:  # it does not converge, such as on an even picture
        return none
    blurred = (cv2.GaussianBlur(image, (_BLUR, _BLUR), 0) for image in images)
    return found if correlation > cv2.computeECC(*blurred) + _MARGIN else none
