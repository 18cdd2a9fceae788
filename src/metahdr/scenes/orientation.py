"""Orientation of an HDR image that is rotated or flipped relative to its LDR image.

The eight rotations and flips of the HDR image are compared with the LDR image by SSIM of small grey versions. The
best one is taken; its margin over the second best is a measure of certainty. `benchmarks/repair.py` measures how
often it is right, and how fast (docs/repair.md).
"""

from dataclasses import dataclass

import cv2
import numpy as np
from skimage.metrics import structural_similarity

from metahdr.images.luminance import luminance

SIDE = 64  # of the grey versions, in pixels
LEAST_MARGIN = 0.02  # of SSIM; below, the orientation is a guess
ORIENTATIONS = ("identity", "rot90", "rot180", "rot270", "flip", "flip_rot90", "flip_rot180", "flip_rot270")


@dataclass(frozen=True)
class Alignment:
    """One of `ORIENTATIONS` that `orient` has to apply, its SSIM, and the margin over the second best SSIM."""

    orientation: str
    ssim: float
    margin: float

    def columns(self) -> dict:
        """Columns of the table of scenes."""
        return {"orientation": self.orientation, "alignment_ssim": self.ssim, "alignment_margin": self.margin}


def orient(image: np.ndarray, orientation: str) -> np.ndarray:
    """An image in one of the eight orientations: a left-right flip or none, then counter-clockwise rotation."""
    index = ORIENTATIONS.index(orientation)
    flipped = image[:, ::-1] if index >= 4 else image
    return np.ascontiguousarray(np.rot90(flipped, index % 4))


def find_alignment(ldr: np.ndarray, hdr: np.ndarray) -> Alignment:
    """The orientation of `hdr` that matches `ldr` best.

    Args:
        ldr: display-referred, of any scale, `(H, W, 3)`.
        hdr: linear light `(H', W', 3)`; height and width may be swapped.
    """
    small_ldr, small_hdr = (ranks(luminance(shrink(image))) for image in (ldr, hdr))
    scores = {
        name: structural_similarity(small_ldr, orient(small_hdr, name), data_range=1.0) for name in ORIENTATIONS
    }
    best, second = sorted(scores, key=scores.get, reverse=True)[:2]
    return Alignment(best, scores[best], scores[best] - scores[second])


def shrink(image: np.ndarray) -> np.ndarray:
    return cv2.resize(image.astype(np.float32, copy=False), (SIDE, SIDE), interpolation=cv2.INTER_AREA)


def ranks(grey: np.ndarray) -> np.ndarray:
    """Ranks in [0, 1], equal for equal values; they depend neither on the exposure nor on the response curve."""
    _, index, count = np.unique(grey, return_inverse=True, return_counts=True)
    middle = np.cumsum(count) - (count + 1) / 2
    return (middle / (grey.size - 1))[index].reshape(grey.shape)
