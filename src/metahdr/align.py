"""Alignment repair of an LDR/HDR pair whose HDR image is rotated or flipped.

The eight flips and rotations of the HDR image are compared with the LDR image by SSIM on small grey
versions; the best one wins, and its margin over the second says how sure that is.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from skimage.metrics import structural_similarity

from metahdr.images import luminance

ORIENTATIONS = ("identity", "rot90", "rot180", "rot270", "flip", "flip_rot90", "flip_rot180", "flip_rot270")


@dataclass(frozen=True)
class Alignment:
    orientation: str  # what is done to the HDR image to match the LDR image
    ssim: float
    margin: float  # SSIM above the second best orientation


def orient(image: np.ndarray, orientation: str) -> np.ndarray:
    """One of the eight: a left-right flip if asked for, then quarter turns counter-clockwise."""
    index = ORIENTATIONS.index(orientation)
    flipped = image[:, ::-1] if index >= 4 else image
    return np.ascontiguousarray(np.rot90(flipped, index % 4))


def find_alignment(ldr: np.ndarray, hdr: np.ndarray, size: int = 64) -> Alignment:
    """The orientation of `hdr` that fits `ldr` best.

    Args:
        ldr: display-referred uint8 or [0, 1], `(H, W, 3)`.
        hdr: linear light `(H', W', 3)`; a quarter turn may have swapped the sides.
        size: side of the grey versions, in pixels.
    """
    small_ldr = _equalise(_shrink(luminance(ldr.astype(np.float32)), size))
    small_hdr = _equalise(_shrink(np.log(luminance(hdr) + 1e-6 * hdr.mean()), size))
    scores = {
        name: structural_similarity(small_ldr, orient(small_hdr, name), data_range=1.0) for name in ORIENTATIONS
    }
    best, second = sorted(scores, key=scores.get, reverse=True)[:2]
    return Alignment(best, scores[best], scores[best] - scores[second])


def _shrink(grey: np.ndarray, size: int) -> np.ndarray:
    return cv2.resize(grey.astype(np.float32), (size, size), interpolation=cv2.INTER_AREA)


def _equalise(grey: np.ndarray) -> np.ndarray:
    # Ranks, so that neither the exposure nor the response curve matters, only what is brighter than what.
    return (np.argsort(np.argsort(grey, axis=None)) / (grey.size - 1)).reshape(grey.shape)
