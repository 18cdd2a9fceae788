"""Orientation of an HDR image that is rotated or flipped relative to its LDR image.

The eight rotations and flips of the HDR image are compared with the LDR image by SSIM of small grey versions. The
best one is taken; its margin over the second best is a measure of certainty.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from skimage.metrics import structural_similarity

from metahdr.images import luminance

SIDE = 64  # of the grey versions, in pixels
ORIENTATIONS = ("identity", "rot90", "rot180", "rot270", "flip", "flip_rot90", "flip_rot180", "flip_rot270")


@dataclass(frozen=True)
class Alignment:
    """One of `ORIENTATIONS` that `orient` has to apply, its SSIM, and the margin over the second best SSIM."""

    orientation: str
    ssim: float
    margin: float


def orient(image: np.ndarray, orientation: str) -> np.ndarray:
    """An image in one of the eight orientations: a left-right flip or none, then counter-clockwise rotation."""
    index = ORIENTATIONS.index(orientation)
    flipped = image[:, ::-1] if index >= 4 else image
    return np.ascontiguousarray(np.rot90(flipped, index % 4))


def find_alignment(ldr: np.ndarray, hdr: np.ndarray) -> Alignment:
    """The orientation of `hdr` that matches `ldr` best.

    Args:
        ldr: display-referred uint8 or [0, 1], `(H, W, 3)`.
        hdr: linear light `(H', W', 3)`; height and width may be swapped.
    """
    small_ldr = _equalise(_shrink(luminance(ldr.astype(np.float32))))
    small_hdr = _equalise(_shrink(np.log(luminance(hdr) + 1e-6 * hdr.mean())))
    scores = {
        name: structural_similarity(small_ldr, orient(small_hdr, name), data_range=1.0) for name in ORIENTATIONS
    }
    best, second = sorted(scores, key=scores.get, reverse=True)[:2]
    return Alignment(best, scores[best], scores[best] - scores[second])


def _shrink(grey: np.ndarray) -> np.ndarray:
    return cv2.resize(grey.astype(np.float32), (SIDE, SIDE), interpolation=cv2.INTER_AREA)


def _equalise(grey: np.ndarray) -> np.ndarray:
    # Ranks do not depend on the exposure or the response curve.
    return (np.argsort(np.argsort(grey, axis=None)) / (grey.size - 1)).reshape(grey.shape)
