"""A bracket of photographs as one HDR image: aligned, calibrated, merged, each moving thing once."""

from typing import NamedTuple

import numpy as np

from metahdr.brackets.ghosts import find_moved, replace_moved
from metahdr.brackets.merge import CLIPPED, inverse_response, merge
from metahdr.brackets.shifts import align_bracket, middle
from metahdr.camera.curve import Curve
from metahdr.camera.exposure import PIXEL_VALUES
from metahdr.errors import UserError

MOST_MOVED = 0.5  # share of the picture; more is another view


class Merged(NamedTuple):
    """An HDR image and what it was merged from.

    Attributes:
        radiance: linear light in the scene's scale, float32 `(H, W, 3)`.
        curve: the camera's, known or calibrated on the bracket.
        clipped: pixels with a channel that is clipped in every exposure, bool `(H, W)`; none that moved.
        exposures: aligned and cut to what all of them show, uint8 `(S, H, W, 3)`.
        stops: of each exposure; with 0 stops, light of 1.0 clips.
        shifts: how far right and down each given exposure's content lay from the middle one's, pixels, `(S, 2)`.
        moved: pixels taken from one exposure, because something moved, bool `(H, W)`.
    """

    radiance: np.ndarray
    curve: Curve
    clipped: np.ndarray
    exposures: np.ndarray
    stops: list[float]
    shifts: np.ndarray
    moved: np.ndarray


def merge_bracket(
    exposures: np.ndarray, stops: list[float], curve: Curve | None = None, align: bool = True, deghost: bool = True
) -> Merged:
    """The merge of a bracket.

    Args:
        exposures: uint8 `(S, H, W, 3)` of one view.
        stops: of each exposure; with 0 stops, light of 1.0 clips.
        curve: the camera's; None: calibrated on the exposures.
        align: whether shifts between the exposures are found and undone.
        deghost: whether what moved is taken from one exposure.

    Raises:
        UserError: fewer than two exposures, two that are equal in stops, or not of one view.
    """
    if len(stops) < 2 or len(set(stops)) < len(stops):
        found = ", ".join(f"{stop:+g}" for stop in stops)
        raise UserError(f"a bracket is two or more different exposures; found EV {found}")
    shifts = np.zeros((len(stops), 2))
    if align:
        exposures, shifts = align_bracket(exposures, stops)
    if curve is None:
        curve = Curve(inverse_response(exposures, stops))
    table = curve.inverse(PIXEL_VALUES / 255)
    radiance = merge(exposures, stops, table)
    moved = np.zeros(radiance.shape[:2], bool)
    if deghost:
        reference = middle(stops)
        moved = find_moved(exposures, stops, table, reference)
        if moved.mean() > MOST_MOVED:
            raise UserError(
                f"the exposures contradict one another in {moved.mean():.0%} of the picture; give exposures "
                "of one view with their true EVs"
            )
        radiance = replace_moved(radiance, exposures, stops, table, moved, reference)
    clipped = (exposures.min(0) >= CLIPPED).any(-1) & ~moved
    return Merged(radiance, curve, clipped, exposures, stops, shifts, moved)
