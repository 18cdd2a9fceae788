"""Raw files of cameras, developed by LibRaw."""

from pathlib import Path

import numpy as np
import rawpy

from metahdr.camera.curve import Curve
from metahdr.errors import ImageError
from metahdr.images.exif import Settings, make_settings

SUFFIXES = (
    *(".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".iiq", ".kdc", ".mef", ".mos", ".mrw"),
    *(".nef", ".nrw", ".orf", ".pef", ".raf", ".raw", ".rw2", ".srw", ".x3f"),
)
# A raw file is linear; it is encoded as sRGB (IEC 61966-2-1), so that every method sees what it knows.
_VALUES = np.linspace(0, 1, 257)
RESPONSE = Curve(np.where(_VALUES <= 0.04045, _VALUES / 12.92, ((_VALUES + 0.055) / 1.055) ** 2.4))
# No setting depends on the image: brightness and white level are the same for all exposures of a bracket.
_DEVELOPMENT = {
    "no_auto_bright": True,
    "adjust_maximum_thr": 0.0,
    "highlight_mode": rawpy.HighlightMode.Clip,
    "output_color": rawpy.ColorSpace.sRGB,
    "gamma": (2.4, 12.92),
    "output_bps": 16,
}


def size_of(path: Path) -> tuple[int, int]:
    """Width and height in pixels.

    Raises:
        ImageError: not a raw file that LibRaw knows.
    """
    try:
        with rawpy.imread(str(path)) as raw:
            return raw.sizes.width, raw.sizes.height
    except rawpy.LibRawError as error:
        raise _unreadable(path, error) from None


def balance_of(path: Path) -> list[float]:
    """The factors of red, green, blue and second green by which the camera balanced white.

    Raises:
        ImageError: not a raw file that LibRaw knows.
    """
    try:
        with rawpy.imread(str(path)) as raw:
            return list(raw.camera_whitebalance)
    except rawpy.LibRawError as error:
        raise _unreadable(path, error) from None


def read_raw(path: Path, balance: list[float] | None = None) -> tuple[np.ndarray, Settings]:
    """Develops a raw file: BT.709, 1.0 is where the sensor saturates, `RESPONSE`.

    Args:
        balance: as `balance_of` gives it, of another exposure; None: the file's own.

    Returns:
        uint16 `(H, W, 3)`, upright, and the camera's settings.

    Raises:
        ImageError: unreadable or truncated.
    """
    try:
        with rawpy.imread(str(path)) as raw:
            white = {"use_camera_wb": False, "user_wb": balance} if balance else {"use_camera_wb": True}
            pixels = raw.postprocess(**_DEVELOPMENT, **white)
            other = raw.other
    except rawpy.LibRawError as error:
        raise _unreadable(path, error) from None
    pixels = np.broadcast_to(np.atleast_3d(pixels), (*pixels.shape[:2], 3))  # a sensor without colours has one
    return pixels, make_settings(other.shutter_speed, other.aperture, other.iso_speed)


def _unreadable(path: Path, error: rawpy.LibRawError) -> ImageError:
    reason = error.args[0] if error.args else "unknown reason"
    text = reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
    return ImageError(f"{path}: cannot be read as a raw file ({text})")
