"""From a source's raw files to its scenes: repair, alignment, views, filters, scale."""

import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from metahdr.camera.exposure import clipping_scale, expose
from metahdr.camera.response import Response
from metahdr.config.prepare import Prepare
from metahdr.datasets.layouts import Source
from metahdr.errors import ImageError, UserError
from metahdr.files import sha256
from metahdr.images.files import read_hdr, repair, resize_square
from metahdr.images.luminance import luminance, metered_scale
from metahdr.images.panorama import perspective_view
from metahdr.registry import LAYOUTS
from metahdr.scenes.duplicates import perceptual_hash
from metahdr.scenes.orientation import find_alignment

log = logging.getLogger(__name__)
Repair = Callable[[Source, Path, np.ndarray | None, bool], tuple[np.ndarray, list[float], list[np.ndarray], dict]]

# One row per scene, dropped ones included. The kept rows have the order of the source's arrays. `sha256` is of the
# raw HDR file, or of the middle exposure where it is merged; `azimuth` and `field_of_view`, in degrees, are of a
# panorama's view. `evs` are those of the dataset's own exposures, dark to bright, and `shift` is the largest that
# was undone between these, in pixels of the raw images. `perceptual_hash` finds near-duplicates.
COLUMNS = ["scene", "source", "kept", "reason", "scale", "scaled_by", "dynamic_range", "max_value"]
COLUMNS += ["repaired_pixels", "sha256", "orientation", "alignment_ssim", "alignment_margin", "shift", "evs"]
COLUMNS += ["azimuth", "field_of_view", "perceptual_hash", "notes"]

# Where the dataset has no exposures, alignment is checked against one that is rendered with this response.
_CHECK_RESPONSE = Response(0.9, 0.6)


def prepare_source(
    name: str, source: Source, folder: Path, kind: str, settings: Prepare, repair_exposures: Repair | None = None
) -> tuple[np.ndarray, np.ndarray, pd.DataFrame]:
    """The scenes of one source.

    Args:
        repair_exposures: as `scenes.repair` has it; None where the source brings no exposure.

    Returns:
        HDR scenes float32 `(N, size, size, 3)`, in which 1.0 is where EV 0 clips; the dataset's own exposures
        uint8 or uint16 `(N, E, size, size, 3)`, E = 0 where it brings no bracket; and the table of all scenes,
        dropped ones with their reason.

    Raises:
        UserError: an image is bad and `on_bad_image` is stop.
    """
    hdrs, ldrs, rows = [], [], []
    try:
        hdr, evs, exposures, decisions = _read(source, folder, settings, repair_exposures)
        cuts = list(_cut(name, hdr, exposures, kind, settings))
    except ImageError as error:
        if settings.on_bad_image == "stop":
            raise UserError(f"{error}\n  (prepare.on_bad_image: skip would leave it out)") from None
        log.warning("%s is left out: %s", name, error)
        cuts, evs, decisions = [], [], {}
        rows.append({"scene": name, "source": name, "kept": False, "reason": str(error)})
    for scene, view, own, direction in cuts:
        row = {"scene": scene, "source": name} | decisions | direction
        if "orientation" not in row:
            ldr = expose(view * metered_scale(view), 0.0, _CHECK_RESPONSE)
            row |= find_alignment(ldr, view).columns()
        row |= {"dynamic_range": _dynamic_range(view), "max_value": float(view.max()), "reason": ""}
        row["reason"] = _rejection(row, settings)
        row["kept"] = not row["reason"]
        rows.append(row)
        if row["kept"]:
            view = _normalise(view) if settings.normalise == "log1p_minmax" else view
            row["scale"], row["scaled_by"] = _scale(view, own, evs)
            row["perceptual_hash"] = perceptual_hash(view)
            hdrs.append(view * np.float32(row["scale"]))
            ldrs.append(own)
    size = (settings.size, settings.size, 3)
    return (
        np.array(hdrs, np.float32).reshape(-1, *size),
        np.array(ldrs, ldrs[0].dtype if ldrs else np.uint8).reshape(len(hdrs), -1 if hdrs else 0, *size),
        pd.DataFrame(rows, columns=COLUMNS),
    )


def _read(
    source: Source, folder: Path, settings: Prepare, repair_exposures: Repair | None
) -> tuple[np.ndarray, list[float], list[np.ndarray], dict]:
    """The repaired HDR image; the EVs of the dataset's own exposures, dark to bright; these exposures, aligned;
    and columns of the table of scenes. A single exposure is no bracket: it serves the alignment alone."""
    if source.flaw:
        raise ImageError(source.flaw)
    hdr, decisions = _read_hdr(folder / source.hdr, settings) if source.hdr else (None, {})
    if not source.exposures:
        return hdr, [], [], decisions
    hdr, evs, exposures, found = repair_exposures(source, folder, hdr, settings.align_exposures)
    return hdr, evs, exposures if source.brings_exposures else [], decisions | found


def _read_hdr(path: Path, settings: Prepare) -> tuple[np.ndarray, dict]:
    hdr = read_hdr(path)
    try:
        hdr, repaired = repair(hdr, settings.max_repaired)
    except ImageError as error:
        raise ImageError(f"{path}: {error}") from None
    return hdr, {"sha256": sha256(path), "repaired_pixels": repaired}


def _cut(name: str, hdr: np.ndarray, exposures: list[np.ndarray], kind: str, settings: Prepare):
    """Yields (scene name, HDR view, own exposures, columns of its direction), all at the configured size."""
    if LAYOUTS[kind].panoramas:
        for view in range(settings.views):
            azimuth = 360.0 * view / settings.views
            try:
                image = perspective_view(hdr, azimuth, settings.field_of_view, settings.size)
            except ImageError as error:
                raise ImageError(f"{name}: {error}") from None
            direction = {"azimuth": azimuth, "field_of_view": settings.field_of_view}
            yield f"{name}_{view}", image, np.empty((0, *image.shape), np.uint8), direction
    else:
        crops = [_centre_crop(name, image, settings) for image in (hdr, *exposures)]
        own = np.array(crops[1:], crops[1].dtype if crops[1:] else np.uint8).reshape(-1, *crops[0].shape)
        yield name, crops[0], own, {}


def _centre_crop(name: str, image: np.ndarray, settings: Prepare) -> np.ndarray:
    height, width = image.shape[:2]
    side = settings.crop or min(height, width)
    if side > min(height, width):
        raise ImageError(f"{name}: {width}x{height} pixels are smaller than prepare.crop {side}")
    top, left = (height - side) // 2, (width - side) // 2
    return resize_square(image[top : top + side, left : left + side], settings.size)


def _scale(view: np.ndarray, own: np.ndarray, evs: list[float]) -> tuple[float, str]:
    """The factor to the scene's scale, and what gave it: `clipping` of the dataset's own EV 0, or `metering`."""
    clipping = clipping_scale(view, own[evs.index(0)]) if len(own) else None
    return (clipping, "clipping") if clipping else (metered_scale(view), "metering")


def _dynamic_range(view: np.ndarray) -> float:
    """Stops between the 0.1 and the 99.9 percentile of luminance, without black pixels."""
    values = luminance(view)
    if not (values > 0).any():
        return 0.0
    low, high = np.percentile(values[values > 0], [0.1, 99.9])
    return float(np.log2(high / low))


def _rejection(row: dict, settings: Prepare) -> str:
    """Why a view is dropped; empty where it is kept."""
    if row["dynamic_range"] < settings.min_dynamic_range:
        found, wanted = row["dynamic_range"], settings.min_dynamic_range
        return f"{found:.1f} stops of dynamic range; at least {wanted:g} are wanted"
    if settings.max_value is not None and row["max_value"] > settings.max_value:
        return f"largest value {row['max_value']:g} is above {settings.max_value:g}"
    return ""


def _normalise(view: np.ndarray) -> np.ndarray:
    """log(1 + x), scaled to [0, 1]."""
    compressed = np.log1p(view)
    return (compressed - compressed.min()) / max(np.ptp(compressed), np.finfo(np.float32).tiny)
