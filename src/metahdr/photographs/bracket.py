"""A user's bracket, checked, with the stops of its exposures."""

from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from metahdr.camera.curve import Curve
from metahdr.errors import UserError
from metahdr.images.exif import relative_stops
from metahdr.photographs import raw
from metahdr.photographs.read import Photograph, read_photograph

LEAST_SPREAD = 0.3  # stops between the darkest and the brightest exposure
_SIDE = 64  # pixels, the side of the small versions that are compared
_SHIFT = 3  # pixels of the small versions, 5 % of the image, by which a hand may have moved the camera
_LEAST_SHARE = 0.1  # of the pixels that must be well exposed in both to be compared
# Least correlation of the details of two exposures of one view; `python benchmarks/reconstruct.py views FOLDER`
# measures it for one view, for one turned by 3 degrees, and for other views of the same place.
LEAST_CORRELATION = 0.5
MOST_STOPS = 30  # of an EV


class Bracket(NamedTuple):
    """Several exposures of one view.

    Attributes:
        exposures: uint8 `(S, H, W, 3)`.
        stops: of each exposure; with 0 stops, light of 1.0 clips.
        curve: the response, where the files determine it.
        notes: what the user should know of how the files were read.
    """

    exposures: np.ndarray
    stops: list[float]
    curve: Curve | None
    notes: tuple[str, ...] = ()


def read_bracket(paths: list[Path], stops: list[float] | None) -> Bracket:
    """Reads a bracket; the stops come from the EXIF data unless they are given.

    Raw files are developed with one white balance, that of the metered exposure. Where tags of orientation differ
    and the pixels show one view only as they are stored, all are turned by the metered exposure's tag.

    Raises:
        UserError: a file cannot be read, or `make_bracket` refuses them.
    """
    names, photographs = [str(path) for path in paths], [read_photograph(path) for path in paths]
    known = stops or relative_stops(names, [one.settings for one in photographs])
    metered = int(np.argsort(known, kind="stable")[(len(known) - 1) // 2]) if len(known) == len(paths) else 0
    notes = [f"{name}: {note}" for name, one in zip(names, photographs, strict=True) for note in one.notes]
    if all(path.suffix.lower() in raw.SUFFIXES for path in paths):
        balances = [raw.balance_of(path) for path in paths]
        for number, balance in enumerate(balances):
            if balance != balances[metered]:
                photographs[number] = read_photograph(paths[number], balance=balances[metered])
                notes.append(f"{names[number]}: developed with the white balance of {names[metered]}")
    try:
        return make_bracket(names, photographs, stops)._replace(notes=tuple(notes))
    except UserError:
        if len({one.orientation for one in photographs}) == 1:
            raise
    tag = photographs[metered].orientation
    bracket = make_bracket(names, [read_photograph(path, tag) for path in paths], stops)
    return bracket._replace(notes=(*notes, f"{names[metered]}: its orientation is taken for all exposures"))


def make_bracket(names: list[str], photographs: list[Photograph], stops: list[float] | None) -> Bracket:
    """A bracket of photographs that were read; the stops come from the EXIF data unless they are given.

    Raises:
        UserError: fewer than two photographs, another number of stops, equal exposures, different sizes, views or
            cameras, or an exposure with more stops that is darker.
    """
    if len(photographs) < 2:
        raise UserError(f"{names[0]}: a bracket has at least two exposures")
    if stops is None:
        stops = relative_stops(names, [one.settings for one in photographs])
    elif len(stops) != len(photographs):
        raise UserError(f"{len(stops)} EVs for {len(photographs)} exposures: give one for each, in their order")
    if not (np.abs(stops) <= MOST_STOPS).all():  # NaN neither
        raise UserError(f"--ev: stops from -{MOST_STOPS} to {MOST_STOPS}, such as -2 0 2, not ISOs or times")
    if max(stops) - min(stops) < LEAST_SPREAD:
        raise UserError(
            f"{', '.join(names)}: equal exposures, {max(stops) - min(stops):.2f} stops apart; a bracket has "
            f"different ones, at least {LEAST_SPREAD} stops"
        )
    first = photographs[0]
    for name, one in zip(names[1:], photographs[1:], strict=True):
        if one.pixels.shape != first.pixels.shape:
            sizes = [f"{p.pixels.shape[1]}x{p.pixels.shape[0]}" for p in (one, first)]
            raise UserError(f"{name}: {sizes[0]} pixels, {names[0]} has {sizes[1]}; a bracket has one size")
        if (one.curve is None) != (first.curve is None):
            raise UserError(f"{name}: a raw file and a rendered image in one bracket; give all of one kind")
    exposures = np.stack([one.eight_bits() for one in photographs])
    _check_views(names, exposures, stops)
    return Bracket(exposures, list(map(float, stops)), first.curve)


def _check_views(names: list[str], exposures: np.ndarray, stops: list[float]) -> None:
    """Refuses neighbouring exposures without common details, and those whose longer one is darker."""
    order = np.argsort(stops, kind="stable")
    small = [shrink(image) for image in exposures]
    for dark, bright in zip(order, order[1:], strict=False):
        a, b = names[dark], names[bright]
        if stops[bright] - stops[dark] > LEAST_SPREAD and small[dark].mean() > small[bright].mean() + 1:
            raise UserError(f"{a}: brighter than {b}, though its EV is lower; check the order of --ev")
        if correlation(small[dark], small[bright]) < LEAST_CORRELATION:
            raise UserError(f"{a}, {b}: different views; a bracket shows one view")


def shrink(exposure: np.ndarray) -> np.ndarray:
    """A grey version `(_SIDE, _SIDE)` of uint8 `(H, W, 3)`."""
    return cv2.resize(exposure, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).mean(-1)


def correlation(dark: np.ndarray, bright: np.ndarray) -> float:
    """Of the details of two grey images `(_SIDE, _SIDE)`, at the best small shift; 1 if there are too few."""
    inside = slice(_SHIFT, _SIDE - _SHIFT)
    best, details = -1.0, _details(dark)[inside, inside]
    other, lit = _details(bright), dark[inside, inside] > 10
    told = False
    for top, left in np.ndindex(2 * _SHIFT + 1, 2 * _SHIFT + 1):
        window = (slice(top, top + _SIDE - 2 * _SHIFT), slice(left, left + _SIDE - 2 * _SHIFT))
        usable = lit & (bright[window] < 245)
        if usable.mean() >= _LEAST_SHARE and details[usable].std() > 0 and other[window][usable].std() > 0:
            told, best = True, max(best, np.corrcoef(details[usable], other[window][usable])[0, 1])
    return best if told else 1.0


def _details(grey: np.ndarray) -> np.ndarray:
    log = np.log(grey + 4)
    return log - cv2.GaussianBlur(log, (0, 0), 6)
