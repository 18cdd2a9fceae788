"""Alignment of a moving bracket by optical flow, as in Kalantari and Ramamoorthi 2017.

The flow is OpenCV's DIS (Kroeger et al. 2016). It needs two pictures of equal brightness, so that the darker
exposure is raised to the brighter one.
"""

from collections.abc import Callable, Sequence

import cv2
import numpy as np

from metahdr.brackets.shifts import middle

GAMMA = 2.2  # of the camera's curve that is assumed where an exposure is raised
LEAST = 16  # pixels; DIS needs sides of this length


def align_by_flow(exposures: np.ndarray, stops: Sequence[float]) -> np.ndarray:
    """The exposures, each warped to the middle one by cubic interpolation, uint8 `(E, H, W, 3)`.

    Args:
        exposures: uint8 `(E, H, W, 3)`; images with a side below `LEAST` stay as they are.
        stops: of each exposure; with 0 stops, light of 1.0 clips.
    """
    if min(exposures.shape[1:3]) < LEAST:
        return exposures
    return warp_to_middle(exposures, stops, _warped)


def warp_to_middle(exposures: np.ndarray, stops: Sequence[float], warp: Callable[..., np.ndarray]) -> np.ndarray:
    """The exposures, each but the middle one replaced by `warp(middle, exposure, its stops over the middle's)`."""
    reference = middle(list(stops))
    aligned = exposures.copy()
    for index, stop in enumerate(stops):
        if index != reference:
            aligned[index] = warp(exposures[reference], exposures[index], stop - stops[reference])
    return aligned


def equally_bright(one: np.ndarray, other: np.ndarray, stops: float) -> tuple[np.ndarray, np.ndarray]:
    """Two exposures in grey, uint8 `(H, W)`, the darker one raised to the brighter.

    Args:
        one, other: uint8 `(H, W, 3)`.
        stops: by which `other` has more light.
    """
    grey = [cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) for image in (one, other)]
    darker = 0 if stops > 0 else 1
    raised = np.minimum(np.arange(256) * 2 ** (abs(stops) / GAMMA), 255).round().astype(np.uint8)
    grey[darker] = cv2.LUT(grey[darker], raised)
    return grey[0], grey[1]


def _warped(reference: np.ndarray, image: np.ndarray, stops: float) -> np.ndarray:
    # the flow says where each pixel of the reference lies in the image, relative to itself, `(H, W, 2)`
    pair = equally_bright(reference, image, stops)
    flow = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM).calc(*pair, None)
    rows, columns = np.indices(flow.shape[:2], np.float32)
    return cv2.remap(
        image, columns + flow[..., 0], rows + flow[..., 1], cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
