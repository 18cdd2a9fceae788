"""Shifts between the exposures of a hand-held bracket.

Neighbouring exposures are compared in log light, cut to the range that both show. Phase correlation of small
versions finds the shift. Larger and larger versions refine it by the correlation of fine structure: the camera's
curve is not known, and an error of it changes what varies slowly. A parabola through the last correlations gives
quarters of a pixel. A shift must be better than none by a margin, so that exposures that are in place stay there.

Ward's bitmaps (OpenCV's AlignMTB) were tried; they fail where one of the exposures is half clipped.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from metahdr.brackets.prior import LIKELY

_COARSE, _FINE = 128, 1024  # longest side of the small versions, and of the part in which the last pixel is found
_DARK, _BRIGHT = 10, 240  # values between which an exposure shows a pixel
_STRUCTURE = 3.0  # pixels, the standard deviation of the blur that is subtracted to keep fine structure
_MARGIN = 0.05  # of correlation
_FARTHEST = 0.2  # of the longest side


def align_bracket(exposures: np.ndarray, stops: list[float]) -> tuple[np.ndarray, np.ndarray]:
    """The exposures, cut to what all of them show.

    Args:
        exposures: uint8 `(S, H, W, 3)`.
        stops: of each exposure.

    Returns:
        uint8 `(S, H', W', 3)`, and the shifts as `find_shifts` gives them.
    """
    shifts = find_shifts(exposures, stops)
    return np.stack(overlap(exposures, shifts)), shifts


def find_shifts(exposures: np.ndarray, stops: list[float]) -> np.ndarray:
    """How far right and down each exposure's content lies from that of the middle one.

    Args:
        exposures: uint8 `(S, H, W, 3)`.
        stops: of each exposure.

    Returns:
        `(S, 2)` in pixels, multiples of 0.25.
    """
    order = np.argsort(stops)
    shifts = np.zeros((len(stops), 2))
    for one, other in zip(order, order[1:], strict=False):
        shifts[other] = shifts[one] + find_shift(exposures[one], exposures[other], stops[other] - stops[one])
    return shifts - shifts[middle(stops)]


def overlap(images: Sequence[np.ndarray], shifts: np.ndarray) -> list[np.ndarray]:
    """Images `(H, W, 3)`, of any type, cut to what all of them show; shifts as `find_shifts` gives them.

    Fractions of a pixel are undone by cubic interpolation; a shift of whole pixels changes no value.
    """
    shifts = np.asarray(shifts)
    whole = np.floor(shifts).astype(int)
    (left, top), (right, bottom) = -whole.min(0), images[0].shape[1::-1] - np.ceil(shifts).astype(int).max(0)
    parts = []
    for image, (x, y), fraction in zip(images, whole, shifts - whole, strict=True):
        if fraction.any():
            matrix = np.float32([[1, 0, fraction[0]], [0, 1, fraction[1]]])
            flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
            image = cv2.warpAffine(image, matrix, None, flags=flags, borderMode=cv2.BORDER_REPLICATE)
        parts.append(image[top + y : bottom + y, left + x : right + x])
    return parts


def middle(stops: list[float]) -> int:
    """Index of the exposure that the others are brought to: the middle one, the darker of two."""
    return int(np.argsort(stops)[(len(stops) - 1) // 2])


def find_shift(dark: np.ndarray, bright: np.ndarray, stops: float) -> tuple[float, float]:
    """How far right and down the content of `bright` lies from that of `dark`, in pixels, multiples of 0.25.

    Args:
        dark, bright: uint8 `(H, W, 3)`.
        stops: by which `bright` has more light, at least 0.
    """
    light = LIKELY.inverse(np.arange(256) / 255)
    low, high = light[_DARK], light[_BRIGHT] / 2**stops
    if low >= high:  # no value is shown by both
        return 0.0, 0.0
    logs = np.log2(np.clip([light, light / 2**stops], low, high)).astype(np.float32)
    grey = [
        cv2.LUT(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), log)
        for image, log in zip((dark, bright), logs, strict=True)
    ]

    longest = max(dark.shape[:2])
    factor = max(1, longest / _COARSE)
    if min(dark.shape[:2]) < 2 * factor:  # so narrow a strip has no small version
        return 0.0, 0.0
    small = [cv2.resize(image, None, fx=1 / factor, fy=1 / factor, interpolation=cv2.INTER_AREA) for image in grey]
    if min(image.std() for image in small) < 1e-3:  # nothing to see in the range that both show
        return 0.0, 0.0
    window = cv2.createHanningWindow(small[0].shape[::-1], cv2.CV_32F)
    (x, y), _ = cv2.phaseCorrelate(*(image - image.mean() for image in small), window)
    x, y = (shift if abs(shift) * factor <= _FARTHEST * longest else 0.0 for shift in (x, y))
    fine = [_structure(image) for image in small]
    starts = [_refine(*fine, *start) for start in ((round(x), round(y)), (0, 0))]
    x, y = max(starts, key=lambda start: _correlation(*fine, *start))
    while factor > 1:
        finer = max(1.0, factor / 2)
        x, y, factor = round(x * factor / finer), round(y * factor / finer), finer
        part = [_centre(image, int(_FINE * finer)) for image in grey]
        size = [
            cv2.resize(image, None, fx=1 / finer, fy=1 / finer, interpolation=cv2.INTER_AREA) for image in part
        ]
        x, y = _refine(*map(_structure, size), x, y)
    fine = [_structure(_centre(image, _FINE)) for image in grey]
    if _correlation(*fine, x, y) <= _correlation(*fine, 0, 0) + _MARGIN:
        return 0.0, 0.0
    return x + _fraction(*fine, x, y, 1, 0), y + _fraction(*fine, x, y, 0, 1)


def _structure(image: np.ndarray) -> np.ndarray:
    return image - cv2.GaussianBlur(image, (0, 0), _STRUCTURE)


def _refine(one: np.ndarray, other: np.ndarray, x: int, y: int) -> tuple[int, int]:
    """Goes to the best neighbouring shift until none is better."""
    found = {}
    while True:
        for step in ((x + i, y + j) for i in (-1, 0, 1) for j in (-1, 0, 1)):
            if step not in found:
                found[step] = _correlation(one, other, *step)
        best = max(found, key=found.get)
        if best == (x, y):
            return best
        x, y = best


def _fraction(one: np.ndarray, other: np.ndarray, x: int, y: int, right: int, down: int) -> float:
    """Where the parabola through the correlations at a shift and its two neighbours is highest, in quarters."""
    before, best, after = (_correlation(one, other, x + i * right, y + i * down) for i in (-1, 0, 1))
    bend = before - 2 * best + after
    return round(2 * (before - after) / bend) / 4 if bend < 0 else 0.0


def _correlation(one: np.ndarray, other: np.ndarray, x: int, y: int) -> float:
    """Of the pixels that both show once `other` is shifted back by `x` and `y`; 0 if one image is uniform."""
    height, width = one.shape
    first = one[max(0, -y) : height - max(0, y), max(0, -x) : width - max(0, x)]
    second = other[max(0, y) : height + min(0, y), max(0, x) : width + min(0, x)]
    first, second = first - first.mean(), second - second.mean()
    scale = np.sqrt(np.vdot(first, first) * np.vdot(second, second))
    return float(np.vdot(first, second) / scale) if scale else 0.0


def _centre(image: np.ndarray, side: int) -> np.ndarray:
    top, left = (max(0, (length - side) // 2) for length in image.shape)
    return image[top : top + side, left : left + side]
