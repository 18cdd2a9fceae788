"""Reading of OpenEXR files: RGB or luminance and chroma, scanlines or tiles, one part or several."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import OpenEXR
from scipy.ndimage import correlate1d

from metahdr.errors import ImageError, first_line
from metahdr.primaries import BT709, luminance_weights, to_bt709

# The filter that OpenEXR doubles the resolution of chroma with (ImfRgbaYca.h, section on reconstruction): every
# second sample is kept, and those between are these weights of the six before and the six after, nearest last.
_BETWEEN = (0.002128, -0.007540, 0.019597, -0.043159, 0.087929, -0.186077, 0.627123)


def read_exr(path: Path, check_size: Callable[[Path, int, int], None]) -> np.ndarray:
    """The picture of an OpenEXR file in linear light with BT.709 primaries, float32 `(H, W, 3)`.

    Of several parts the first is read that has red, green and blue, or luminance and chroma (`Y`, `RY`, `BY`); of
    several resolutions the highest; of several views the default one.

    Args:
        check_size: called as `check_size(path, width, height)` before pixels are read.

    Raises:
        ImageError: truncated or corrupt, greyscale, or without such channels.
    """
    try:
        with OpenEXR.File(str(path), header_only=True) as file:
            windows = [file.header(index)["dataWindow"] for index in range(len(file.parts))]
    except Exception as error:
        raise ImageError(f"{path}: truncated or corrupt OpenEXR file ({first_line(error)})") from None
    for low, high in windows:
        width, height = (int(last) - int(first) + 1 for first, last in zip(low, high, strict=True))
        check_size(path, width, height)
    try:
        with OpenEXR.File(str(path)) as file:
            parts = [
                (
                    file.header(part).get("chromaticities"),
                    {name: np.array(each.pixels) for name, each in file.channels(part).items()},
                )
                for part in range(len(windows))  # `file.parts` leaves out those that it could not read
            ]
    except Exception as error:
        raise ImageError(f"{path}: truncated or corrupt OpenEXR file ({first_line(error)})") from None
    for primaries, channels in parts:
        image = _rgb(channels, BT709 if primaries is None else primaries)
        if image is not None:
            return _with_primaries(path, image, primaries)
    if any("Y" in channels for _, channels in parts):
        raise ImageError(f"{path}: greyscale (channel Y only); expected RGB")
    found = "; ".join(", ".join(sorted(channels)) for _, channels in parts)
    raise ImageError(f"{path}: channels {found}; expected R, G and B, or Y, RY and BY")


def _rgb(channels: dict[str, np.ndarray], primaries: tuple[float, ...]) -> np.ndarray | None:
    if "RGB" in channels or "RGBA" in channels:
        return channels.get("RGB", channels.get("RGBA"))[..., :3]
    if {"R", "G", "B"} <= channels.keys():
        return np.stack([channels[name] for name in "RGB"], -1)
    if {"Y", "RY", "BY"} <= channels.keys():
        return _from_chroma(*(channels[name].astype(np.float32) for name in ("Y", "RY", "BY")), primaries)
    return None


def _from_chroma(y: np.ndarray, ry: np.ndarray, by: np.ndarray, primaries: tuple[float, ...]) -> np.ndarray:
    """RGB of luminance `(H, W)` and chroma (R - Y) / Y and (B - Y) / Y, of half the resolution or the same."""
    red, green, blue = luminance_weights(primaries)
    r, b = ((_double(chroma, y.shape) + 1) * y for chroma in (ry, by))
    rgb = np.stack([r, (y - red * r - blue * b) / green, b], -1).astype(np.float32)
    return np.where(
        y[..., None] >= 0, np.maximum(rgb, 0), rgb
    )  # chroma that overshoots at an edge is no bad pixel


def _double(chroma: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Chroma of every second pixel at all of `(H, W)`; beyond the border it goes on as it ends."""
    for axis, length in enumerate(shape):
        if chroma.shape[axis] != length:
            between = correlate1d(chroma, [*_BETWEEN, *_BETWEEN[::-1]], axis, mode="nearest", origin=-1)
            shape = list(chroma.shape)
            shape[axis] = 2 * chroma.shape[axis]
            doubled = np.empty(shape, np.float32)
            even, odd = ([slice(None)] * axis + [slice(start, None, 2)] for start in (0, 1))
            doubled[tuple(even)], doubled[tuple(odd)] = chroma, between
            chroma = doubled[:length] if axis == 0 else doubled[:, :length]
    return chroma


def _with_primaries(path: Path, image: np.ndarray, primaries: tuple[float, ...] | None) -> np.ndarray:
    if primaries is not None:
        try:
            matrix = to_bt709(primaries)
        except ValueError as error:
            raise ImageError(f"{path}: {error}") from None
        if not np.allclose(matrix, np.eye(3), atol=2e-3):  # not BT.709 primaries with another white
            inside = (image >= 0).all(-1, keepdims=True)
            image = image @ matrix.T
            image = np.where(inside, np.maximum(image, 0), image)  # a colour outside BT.709 is not a bad pixel
    return np.ascontiguousarray(image, np.float32)
