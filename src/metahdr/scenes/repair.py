"""Aligns the exposures that a source brings with each other and with its HDR image, or merges them into one."""

import logging
from itertools import pairwise
from pathlib import Path

import numpy as np

from metahdr.brackets.merge import inverse_response, merge
from metahdr.brackets.shifts import find_shifts, overlap
from metahdr.camera.exposure import eight_bits
from metahdr.datasets.exposures import read_exposures
from metahdr.datasets.layouts import Source
from metahdr.errors import ImageError
from metahdr.files import sha256
from metahdr.images.files import read_ldr
from metahdr.scenes.orientation import LEAST_MARGIN, find_alignment, orient

log = logging.getLogger(__name__)


def repair_exposures(
    source: Source, folder: Path, hdr: np.ndarray | None, align: bool
) -> tuple[np.ndarray, list[float], list[np.ndarray], dict]:
    """An HDR image and its exposures, aligned.

    Args:
        source: has one exposure or more.
        folder: of the dataset.
        hdr: float32 `(H, W, 3)`; None: it is merged from the exposures.
        align: whether shifts between the exposures are undone.

    Returns:
        The HDR image; the EVs in stops, dark to bright; the exposures, uint8 or uint16 `(H, W, 3)`; and columns of
        the table of scenes. All images are cropped to what they have in common.

    Raises:
        ImageError: the files do not belong together, or one of them cannot be read.
    """
    files = read_exposures(source, folder)
    evs, exposures, notes = list(files), [read_ldr(path) for path in files.values()], []
    first = next(iter(files.values()))
    for path, ldr in zip(files.values(), exposures, strict=True):
        if ldr.shape != exposures[0].shape or ldr.dtype != exposures[0].dtype:
            raise ImageError(f"{path}: {_kind(ldr)}; {first} has {_kind(exposures[0])}")
    _check_order(list(files.values()), exposures)
    columns: dict = {}
    if hdr is not None:
        alignment = find_alignment(exposures[len(exposures) // 2], hdr)
        columns |= alignment.columns()
        if alignment.margin < LEAST_MARGIN:
            notes.append(f"orientation ambiguous (margin {alignment.margin:.3f}): kept as it is")
        elif alignment.orientation != "identity":
            hdr = orient(hdr, alignment.orientation)
            notes.append(f"HDR image turned by {alignment.orientation}")
        if exposures[0].shape != hdr.shape:
            raise ImageError(f"{first}: {_kind(exposures[0])}; its HDR image has {_kind(hdr)}")
    if align and len(exposures) > 1:
        shifts = find_shifts(np.stack([eight_bits(ldr) for ldr in exposures]), evs)
        if np.any(shifts):
            images = exposures if hdr is None else [hdr, *exposures]
            images = overlap(images, shifts if hdr is None else [(0, 0), *shifts])
            hdr, exposures = (None, images) if hdr is None else (images[0], images[1:])
            columns["shift"] = float(np.abs(shifts).max())
            notes.append(f"exposures moved by up to {columns['shift']:g} pixels")
    if hdr is None:
        stack = np.stack([eight_bits(ldr) for ldr in exposures])
        hdr = merge(stack, evs, inverse_response(stack, evs))
        columns["sha256"] = sha256(files[0.0])
        notes.append(f"HDR image merged from {len(exposures)} exposures")
    if exposures[0].dtype == np.uint16:
        notes.append("exposures of 16 bits")
    for note in notes:
        log.info("%s: %s", source.files[0], note)
    columns |= {"notes": "; ".join(notes), "evs": " ".join(f"{ev:.4g}" for ev in evs)}
    return hdr, evs, exposures, columns


def _check_order(paths: list[Path], exposures: list[np.ndarray]) -> None:
    """Refuses exposures, dark to bright by their EVs, of which one is darker than the one before it."""
    levels = [eight_bits(ldr).mean() for ldr in exposures]
    for number, (dark, bright) in enumerate(pairwise(levels)):
        if dark > bright + 1:
            raise ImageError(
                f"{paths[number]}: brighter than {paths[number + 1].name}, though its EV is lower; put "
                "exposures.csv with columns file,ev beside them"
            )


def _kind(image: np.ndarray) -> str:
    bits = "" if image.dtype == np.float32 else f" of {8 * image.dtype.itemsize} bits"
    return f"{image.shape[1]}x{image.shape[0]} pixels{bits}"
