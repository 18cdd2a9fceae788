"""The colours of a rendered image: what its file says of them, by numbers, and their conversion to sRGB."""

import io
import struct
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import imagecodecs
import numpy as np
from PIL import Image, ImageCms
from PIL.ExifTags import IFD, Base

from metahdr.errors import ImageError
from metahdr.images.primaries import BT709, NAMED, to_bt709

# ITU-T H.273 (03/2023), tables 2 and 3: colour primaries and transfer characteristics by their code points.
_PRIMARIES = {1: BT709, 9: NAMED["rec2020"], 11: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.314, 0.351)}
_PRIMARIES |= {12: NAMED["p3d65"]}
_UNSPECIFIED, _LINEAR, _SRGB, _HDR = 2, 8, 13, {16: "PQ", 18: "HLG"}
_CURVES = dict.fromkeys(
    (1, 6, 14, 15), lambda v: np.where(v < 0.081, v / 4.5, ((v + 0.099) / 1.099) ** (1 / 0.45))
)
_CURVES |= {4: lambda v: v**2.2, 5: lambda v: v**2.8, _LINEAR: lambda v: v}
_CURVES |= {_SRGB: lambda v: np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)}
_NEAR = 1.5 / 255  # of sRGB's values: what the roundings of a profile's tables amount to
_GAMMA = (0.4545, 0.01)  # what gAMA has where a file is meant as sRGB, and how near


class Coding(NamedTuple):
    """Colours by their chromaticities and curve.

    Attributes:
        chromaticities: x, y of red, green, blue and white.
        curve: from values in [0, 1] to light.
        source: what in the file says so.
    """

    chromaticities: tuple[float, ...]
    curve: Callable[[np.ndarray], np.ndarray]
    source: str


def to_srgb(path: Path, image: Image.Image, pixels: np.ndarray) -> tuple[np.ndarray, str]:
    """The pixels of an image with sRGB's primaries and curve, and a note where they were converted.

    Of several signals the first counts: in PNG cICP, an ICC profile, sRGB, gAMA and cHRM (PNG, third edition,
    section 4.3); elsewhere an ICC profile, the nclx of HEIF and AVIF, and EXIF's marks of Adobe RGB (DCF 2.0).

    Args:
        image: open, of the file.
        pixels: uint8 or uint16 `(H, W, 3)`, as decoded.

    Returns:
        The same where they are sRGB already, else uint16; and the note, or "".

    Raises:
        ImageError: HDR by PQ or HLG, or colours that nobody here knows.
    """
    coding = _coding(path, image)
    if isinstance(coding, bytes):
        return _by_profile(pixels, coding)
    return (pixels, "") if coding is None else _by_coding(pixels, coding)


def _coding(path: Path, image: Image.Image) -> Coding | bytes | None:
    """What a file says of its colours: numbers, or an ICC profile; None: nothing, or sRGB."""
    chunks = _png_chunks(path) if image.format == "PNG" else {}
    icc = image.info.get("icc_profile")
    if b"cICP" in chunks:
        return _by_points(path, *chunks[b"cICP"][:2], "cICP")
    if icc:
        return icc
    if b"sRGB" in chunks:
        return None
    if {b"gAMA", b"cHRM"} & chunks.keys():
        return _by_gamma(chunks)
    if nclx := _nclx(path, image):
        return _by_points(path, *nclx, "nclx")
    exif = image.getexif()
    if exif.get_ifd(IFD.Exif).get(Base.ColorSpace) == 2 or exif.get_ifd(IFD.Interop).get(1) == "R03":
        return imagecodecs.cms_profile("adobergb")
    return None


def _png_chunks(path: Path) -> dict[bytes, bytes]:
    """The chunks of a PNG file before its pixels."""
    found = {}
    with path.open("rb") as file:
        file.seek(8)
        while len(head := file.read(8)) == 8 and head[4:] != b"IDAT":
            found[head[4:]] = file.read(struct.unpack(">I", head[:4])[0])
            file.seek(4, 1)  # past the checksum
    return found


def _nclx(path: Path, image: Image.Image) -> tuple[int, int] | None:
    """The code points of primaries and transfer in the colr box of HEIF or AVIF (ISO/IEC 23008-12)."""
    if profile := image.info.get("nclx_profile"):
        return profile["color_primaries"], profile["transfer_characteristics"]
    if image.format == "AVIF":
        with path.open("rb") as file:
            _, found, after = file.read(1 << 16).partition(b"colrnclx")
        return struct.unpack(">HH", after[:4]) if found and len(after) >= 4 else None
    return None


def _by_points(path: Path, primaries: int, transfer: int, source: str) -> Coding | None:
    """The coding of two code points of H.273; None: unspecified."""
    if transfer in _HDR:
        raise ImageError(
            f"{path}: its {source} says {_HDR[transfer]}, an HDR image already; expected a photograph for a "
            "screen of standard range, such as sRGB"
        )
    if primaries == transfer == _UNSPECIFIED:
        return None
    known = {**_PRIMARIES, _UNSPECIFIED: BT709}, {**_CURVES, _UNSPECIFIED: _CURVES[_SRGB]}
    if primaries not in known[0] or transfer not in known[1]:
        raise ImageError(f"{path}: its {source} has primaries {primaries} and transfer {transfer}, unknown here")
    return Coding(known[0][primaries], known[1][transfer], source)


def _by_gamma(chunks: dict[bytes, bytes]) -> Coding:
    exponent, chromaticities = _GAMMA[0], BT709
    if len(chunks.get(b"gAMA", b"")) == 4:
        exponent = struct.unpack(">I", chunks[b"gAMA"])[0] / 100_000
    if len(chunks.get(b"cHRM", b"")) == 32:
        white_x, white_y, *others = (value / 100_000 for value in struct.unpack(">8I", chunks[b"cHRM"]))
        chromaticities = (*others, white_x, white_y)
    is_srgb = exponent <= 0 or abs(exponent - _GAMMA[0]) < _GAMMA[1]
    curve = _CURVES[_SRGB] if is_srgb else lambda v: v ** (1 / exponent)
    return Coding(chromaticities, curve, "gAMA and cHRM")


def _by_coding(pixels: np.ndarray, coding: Coding) -> tuple[np.ndarray, str]:
    try:
        matrix = to_bt709(coding.chromaticities)
    except ValueError:
        return pixels, f"its {coding.source} cannot be read: sRGB is assumed"

    def convert(values: np.ndarray) -> np.ndarray:
        return _encode(np.clip(coding.curve(values) @ matrix.T, 0, 1))

    if np.abs(convert(_COLOURS) - _COLOURS).max() < _NEAR:
        return pixels, ""
    converted = convert(pixels / np.float64(np.iinfo(pixels.dtype).max))
    return np.uint16(np.round(65535 * converted)), f"converted from the colours of its {coding.source}"


def _encode(light: np.ndarray) -> np.ndarray:
    """sRGB's values of light (IEC 61966-2-1)."""
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def _by_profile(pixels: np.ndarray, icc: bytes) -> tuple[np.ndarray, str]:
    """Converted by lcms, unless the profile's numbers are sRGB's."""
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc)).profile
        kind = {"RGB": "rgb", "GRAY": "gray"}.get(profile.xcolor_space.strip())
        if kind is None:
            return pixels, f"its colour profile is of {profile.xcolor_space.strip()}: sRGB is assumed"

        def convert(values: np.ndarray) -> np.ndarray:
            values = np.ascontiguousarray(values if kind == "rgb" else values[..., 0])
            options = {"colorspace": kind, "outcolorspace": "rgb", "outdtype": np.uint16}
            return imagecodecs.cms_transform(values, icc, imagecodecs.cms_profile("srgb"), **options)

        colours = _COLOURS if kind == "rgb" else _COLOURS[:1]
        as_stored = np.uint16(np.round(65535 * colours))
        if np.abs(convert(as_stored) / 65535 - colours).max() < _NEAR:
            return pixels, ""
        return convert(pixels), f"converted from {(profile.profile_description or 'unnamed').strip()}"
    except (OSError, ValueError, RuntimeError, ImageCms.PyCMSError):
        return pixels, "its colour profile cannot be read: sRGB is assumed"


# By which two codings are told apart: greys first, then a cube of colours, `(2, 216, 3)`.
_LEVELS = np.linspace(0, 1, 6)
_COLOURS = np.stack(
    [
        np.repeat(np.linspace(0, 1, 216)[:, None], 3, 1),
        np.stack(np.meshgrid(_LEVELS, _LEVELS, _LEVELS), -1).reshape(-1, 3),
    ]
)
