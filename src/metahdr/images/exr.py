"""Reading of OpenEXR files: RGB or luminance and chroma, scanlines or tiles, one part or several."""

import math
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import OpenEXR

from metahdr.errors import ImageError, first_line
from metahdr.images.primaries import BT709, NAMED, luminance_weights, with_primaries

# OpenEXR's filter for chroma at twice the resolution (ImfRgbaYca.h, section on reconstruction). Every second
# sample is stored; one between is the sum of the seven before it and the seven after it with these weights, the
# nearest last.
_BETWEEN = (0.002128, -0.007540, 0.019597, -0.043159, 0.087929, -0.186077, 0.627123)
_ENCODED = ("srgb_", "g18_", "g22_", "g24_", "g26_", "pq_", "hlg_")  # beginnings of names of encoded light
_BOUNDLESS = (OpenEXR.DWAA_COMPRESSION, OpenEXR.DWAB_COMPRESSION)  # pack smooth pictures into next to nothing
_FLAT = (OpenEXR.scanlineimage, OpenEXR.tiledimage)  # as opposed to deep images


def read_exr(path: Path, check_size: Callable[..., None]) -> np.ndarray:
    """The picture of an OpenEXR file in linear light with BT.709 primaries, float32 `(H, W, 3)`.

    The data window is read. Of several parts the first is taken that has the channels R, G and B, or Y, RY and BY;
    of several resolutions the highest; of several views the default one, whose channels have no prefix.

    Args:
        check_size: called as `check_size(path, width, height)` before pixels are read, with `pixels_per_byte` inf
            for compressions without a least size.

    Raises:
        ImageError: truncated or corrupt, greyscale, deep, or without such channels.
    """
    headers = [header for header, _ in _parts(path, header_only=True)]
    _check_headers(path, headers, check_size)
    index, names = _choose(path, headers)
    parts = _parts(path, header_only=False)
    if len(parts) != len(headers):  # those that cannot be decoded are left out
        raise ImageError(f"{path}: truncated or corrupt OpenEXR pixels")
    planes = [parts[index][1][name] for name in names]
    if any(plane.dtype.kind != "f" for plane in planes):
        raise ImageError(f"{path}: its channels {', '.join(names)} hold integers; expected floats")
    primaries = _primaries(path, headers[index])
    image = np.stack(planes, -1) if names == "RGB" else _from_chroma(path, planes, primaries or BT709)
    return with_primaries(path, image, primaries)


def _primaries(path: Path, header: dict) -> tuple[float, ...] | None:
    """Chromaticities of red, green, blue and white, or None: of several signals the first.

    They are `chromaticities`, `colorInteropID` (names of the Color Interop Forum), `oiio:ColorSpace` and
    `acesImageContainerFlag` (SMPTE ST 2065-4).

    Raises:
        ImageError: a signal says that the values are no linear light.
    """
    if "chromaticities" in header:
        return header["chromaticities"]
    for key in ("colorInteropID", "oiio:ColorSpace"):
        name = str(header.get(key, "")).strip().lower()
        if key == "colorInteropID" and name.startswith(_ENCODED):
            raise ImageError(f"{path}: its {key} is {name}; expected linear light, such as lin_rec709_scene")
        for word, primaries in NAMED.items():
            if word in name:
                return primaries
    return NAMED["ap0"] if header.get("acesImageContainerFlag") else None


def _parts(path: Path, header_only: bool) -> list[tuple[dict, dict[str, np.ndarray]]]:
    """Header and channels of each part; the header's `channels` are the sampling of each in x and y."""
    try:
        with OpenEXR.File(str(path), separate_channels=True, header_only=header_only) as file:
            return [
                (
                    part.header
                    | {"channels": {c.name: (c.xSampling, c.ySampling) for c in part.header["channels"]}},
                    {name: channel.pixels for name, channel in part.channels.items()},
                )
                for part in file.parts
            ]
    except Exception as error:
        raise ImageError(f"{path}: truncated or corrupt OpenEXR file ({first_line(error)})") from None


def _check_headers(path: Path, headers: list[dict], check_size: Callable[..., None]) -> None:
    samples, packs = 0, {}
    if any(header.get("compression") in _BOUNDLESS for header in headers):
        packs = {"pixels_per_byte": math.inf}
    for header in headers:
        low, high = header["dataWindow"]
        width, height = (int(last) - int(first) + 1 for first, last in zip(low, high, strict=True))
        check_size(path, width, height, **packs)
        if "tiles" in header:
            check_size(path, header["tiles"].xSize, header["tiles"].ySize, **packs)
        samples += width * height * len(header["channels"])
    check_size(path, 1, samples // 3 + 1, **packs)  # all parts and channels are decoded


def _choose(path: Path, headers: list[dict]) -> tuple[int, str | tuple[str, ...]]:
    """The number of the part that is read, and its channels."""
    for index, header in enumerate(headers):
        sampling = header["channels"]
        if header["type"] not in _FLAT:
            continue
        if [sampling.get(name) for name in "RGB"] == [(1, 1)] * 3:
            return index, "RGB"
        chroma = sampling.get("RY")
        if sampling.get("Y") == (1, 1) and chroma in ((1, 1), (2, 2)) and sampling.get("BY") == chroma:
            return index, ("Y", "RY", "BY")
    if any({"Y", "RY"} & header["channels"].keys() == {"Y"} for header in headers if header["type"] in _FLAT):
        raise ImageError(f"{path}: greyscale (channel Y only); expected RGB")
    found = " ".join("; ".join(_described(header) for header in headers[:12]).split())
    raise ImageError(f"{path}: channels {found}; expected R, G and B, or Y, RY and BY")


def _described(header: dict) -> str:
    """A part's name, if it has one, and its channels."""
    names, kind = sorted(header["channels"]), "" if header["type"] in _FLAT else "deep "
    part = f"{header['name']}: " if header.get("name") else ""
    return f"{part}{kind}{', '.join(names[:12])}{', ...' if len(names) > 12 else ''}"


def _from_chroma(path: Path, planes: list[np.ndarray], primaries: tuple[float, ...]) -> np.ndarray:
    """RGB of luminance `(H, W)` and chroma (R - Y) / Y and (B - Y) / Y, of half the resolution or the same."""
    y, ry, by = (plane.astype(np.float32) for plane in planes)
    with np.errstate(all="ignore"):  # extreme values may overflow; the caller sees them as they are
        try:
            red, green, blue = weights = luminance_weights(primaries).astype(np.float32)
        except np.linalg.LinAlgError:
            raise ImageError(f"{path}: its chromaticities span no colours") from None
        r, b = ((_double(chroma, y.shape) + 1) * y for chroma in (ry, by))
        return _desaturate(np.stack([r, (y - red * r - blue * b) / green, b], -1), weights)


def _double(chroma: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Chroma of every second pixel, filled in at all pixels `(H, W)`; the border is repeated."""
    if chroma.shape == shape:
        return chroma
    doubled = np.empty(shape, np.float32)
    doubled[::2, ::2] = chroma
    row = np.array([[*_BETWEEN, *_BETWEEN[::-1]]])
    doubled[::2, 1::2] = cv2.filter2D(chroma, -1, row, anchor=(6, 0), borderType=cv2.BORDER_REPLICATE)
    doubled[1::2] = cv2.filter2D(doubled[::2], -1, row.T, anchor=(0, 6), borderType=cv2.BORDER_REPLICATE)
    return doubled


def _desaturate(rgb: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Limits each pixel's saturation by that of its diagonal neighbours, as OpenEXR's `fixSaturation` does.

    Filtered chroma overshoots beside edges, where a channel may be negative. Luminance is kept.
    """
    top = rgb.max(-1)
    saturation = np.where(top > 0, 1 - rgb.min(-1) / top, 0)
    near = np.pad(saturation, 1, "edge")
    mean = (near[:-2, :-2] + near[:-2, 2:] + near[2:, :-2] + near[2:, 2:]) / 4
    most = 1 - (1 - np.minimum(mean, 1)) / 4
    wrong = saturation > most
    before, top = rgb[wrong], top[wrong][:, None]
    after = np.maximum(top - (top - before) * (most / saturation)[wrong][:, None], 0)
    rgb[wrong] = after * ((before @ weights) / (after @ weights))[:, None]
    return rgb
