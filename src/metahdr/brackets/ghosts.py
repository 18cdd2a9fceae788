"""Finds what moved between the exposures of a bracket, and takes it from one of them.

A pixel of the reference exposure gives the light there, and with it the value that any other exposure must have
there, within bounds for noise and for an error of the curve. Where a value is out of bounds, something moved. A
clipped pixel gives a lower bound alone, a black one an upper bound.
"""

import cv2
import numpy as np

from metahdr.brackets.merge import CLIPPED, merge
from metahdr.camera.exposure import PIXEL_VALUES

_NOISE = 8  # tolerance in pixel values, of the reference and of the other exposure
_LIGHT = 0.25  # tolerance in stops, for an error of the curve
_BLACK = 5  # values up to this may be no light at all
_SPECK, _RIM = 300, 150  # the longest side over these is the width of specks, which are ignored, and of the rim


def find_moved(exposures: np.ndarray, stops: list[float], curve: np.ndarray, reference: int) -> np.ndarray:
    """Pixels in which an exposure contradicts the reference.

    Args:
        exposures: aligned, uint8 `(S, H, W, 3)`.
        stops: of each exposure; with 0 stops, light of 1.0 clips.
        curve: exposure of the 256 values.

    Returns:
        bool `(H, W)`, without specks and with a rim around what moved.
    """
    lightest = np.where(PIXEL_VALUES < CLIPPED, curve[np.minimum(PIXEL_VALUES + _NOISE, 255)], np.inf)
    darkest = np.where(PIXEL_VALUES > _BLACK, curve[np.maximum(PIXEL_VALUES - _NOISE, 0)], 0)
    moved = np.zeros(exposures.shape[1:3], np.uint8)
    for exposure, stop in zip(exposures, stops, strict=True):
        more = 2.0 ** (stop - stops[reference])
        most = np.interp(lightest * more * 2**_LIGHT, curve, PIXEL_VALUES) + _NOISE
        least = np.interp(darkest * more / 2**_LIGHT, curve, PIXEL_VALUES) - _NOISE
        least = np.minimum(least, CLIPPED - 2 * _NOISE)
        high, low = (np.clip(bound, 0, 255).astype(np.uint8) for bound in (most, least))
        outside = (exposure > high[exposures[reference]]) | (exposure < low[exposures[reference]])
        moved |= outside.any(-1).astype(np.uint8)
    side = max(moved.shape)
    moved = cv2.morphologyEx(moved, cv2.MORPH_OPEN, _disc(side / _SPECK))
    return cv2.dilate(moved, _disc(side / _RIM)).astype(bool)


def replace_moved(
    merged: np.ndarray,
    exposures: np.ndarray,
    stops: list[float],
    curve: np.ndarray,
    moved: np.ndarray,
    reference: int,
) -> np.ndarray:
    """The merged image, in which each thing that moved is taken from one exposure and blended in over its rim.

    That exposure is the reference; if less than half of the thing is well exposed there, it is the exposure in
    which most of the thing is.

    Args:
        merged: linear light `(H, W, 3)` in the scene's scale.
        exposures, stops, curve: as `find_moved`.
        moved: from `find_moved`.

    Returns:
        float32 `(H, W, 3)`.
    """
    count, labels, boxes, _ = cv2.connectedComponentsWithStats(moved.astype(np.uint8))
    result = merged.copy()
    rim = max(1, round(max(moved.shape) / _RIM))
    for index in range(1, count):
        left, top, width, height = boxes[index, :4]
        area = np.s_[top : top + height, left : left + width]
        thing = labels[area] == index
        shown = [
            ((image[area][thing] > _BLACK) & (image[area][thing] < CLIPPED)).all(-1).mean() for image in exposures
        ]
        best = reference if shown[reference] >= 0.5 else int(np.argmax(shown))
        alone = merge(exposures[best][area][None], [stops[best]], curve)
        inside = cv2.distanceTransform(np.pad(thing.astype(np.uint8), 1), cv2.DIST_L2, 3)[1:-1, 1:-1]
        weight = np.clip(inside / rim, 0, 1)[..., None]
        result[area] += weight * (alone - result[area])
    return result


def _disc(width: float) -> np.ndarray:
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * max(1, round(width / 2)) + 1,) * 2)
