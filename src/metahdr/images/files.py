"""Reading and writing of HDR and LDR images.

HDR images are linear-light RGB with BT.709 primaries, float32 `(H, W, 3)`; LDR images are display-referred
RGB, uint8 or uint16 `(H, W, 3)`. A file that holds anything else is an `ImageError`, never a silently wrong value.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import imagecodecs
import numpy as np
import OpenEXR
import tifffile
from numpy.lib.stride_tricks import sliding_window_view
from PIL import Image, UnidentifiedImageError
from PIL.ExifTags import Base

from metahdr.errors import ImageError, first_line
from metahdr.files import atomic_write
from metahdr.images.colours import to_srgb
from metahdr.images.exr import read_exr
from metahdr.images.radiance import RESOLUTION, read_radiance

if TYPE_CHECKING:
    from torch import Tensor

cv2.utils.logging.setLogLevel(0)  # our own errors say what it cannot read

HDR_SUFFIXES = (".hdr", ".exr")
HALF_MAX = 65504.0
MOST_PIXELS = 1 << 28  # of a file that is read; a panorama of 16k has 1 << 27
_PIXELS_PER_BYTE = 1024  # no compression of pictures reaches as many; a header that states more is wrong
_SLACK = 1 << 20  # pixels, for small pictures of one colour
Image.MAX_IMAGE_PIXELS = None  # `check_size` sets the limit
_EXR = b"\x76\x2f\x31\x01"
_EXTRA_SAMPLES = 338  # TIFF's tag; 1: alpha that colours are multiplied by
_LONGEST_HEADER = 1 << 20  # bytes, of a Radiance file


def pixels(exposures: Tensor) -> np.ndarray:
    """Exposures in [0, 1], `(N, 3, H, W)`, as 8 bits `(N, H, W, 3)`."""
    return np.ascontiguousarray((exposures * 255).round().byte().cpu().numpy().transpose(0, 2, 3, 1))


def read_hdr(path: Path) -> np.ndarray:
    """Reads a Radiance `.hdr` or an OpenEXR `.exr` file, values as stored, non-finite ones included.

    An OpenEXR file of other primaries is converted to BT.709.

    Raises:
        ImageError: truncated or corrupt, greyscale, without RGB channels, other format.
    """
    if not path.exists():
        raise ImageError(f"{path}: no such file")
    suffix = path.suffix.lower()
    if suffix == ".hdr":
        return read_radiance(path, check_size)
    if suffix == ".exr":
        return read_exr(path, check_size)
    raise ImageError(f"{path}: {suffix or 'no suffix'} is not an HDR format; expected .hdr or .exr")


def read_ldr(path: Path) -> np.ndarray:
    """Reads an RGB image of 8 bits per channel as uint8, of 16 bits (PNG, TIFF) as uint16, `(H, W, 3)`, in sRGB.

    Raises:
        ImageError: unreadable, truncated, greyscale, or of other bits per channel.
    """
    with open_image(path) as image:
        bits = bits_per_channel(image)
        image.load()
        mode = image.mode
        if mode not in ("RGB", "RGBA") or bits not in (8, 16):
            kind = "greyscale" if mode[0] in "L1IF" else f"{bits} bits, Pillow's mode {mode}"
            raise ImageError(f"{path}: {kind}; expected RGB of 8 or 16 bits per channel")
        return to_srgb(path, image, decode(path, image, bits))[0]


def check_header(path: Path) -> None:
    """Opens an HDR or LDR image as far as its header: whether it is an image at all, such as no error page.

    Raises:
        ImageError: it is not of the kind that its suffix says, or of no kind that is known.
    """
    suffix = path.suffix.lower()
    if suffix not in HDR_SUFFIXES:
        with open_image(path):
            return
    with path.open("rb") as file:
        start = file.read(_LONGEST_HEADER)
    if not (start.startswith(_EXR) if suffix == ".exr" else RESOLUTION.search(start)):
        raise ImageError(f"{path}: not {'an OpenEXR' if suffix == '.exr' else 'a Radiance .hdr'} file")


@contextmanager
def open_image(path: Path) -> Iterator[Image.Image]:
    """An image as Pillow opens it, not loaded yet.

    Raises:
        ImageError: unreadable, too large, or a decoder raises anything while the image is open.
    """
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(path) as image:
            if image.format == "TIFF":
                _to_full_page(image)
            check_size(path, *image.size)
            yield image
    except ImageError:
        raise
    except UnidentifiedImageError:
        raise ImageError(
            f"{path}: cannot be read as an image: truncated, or of a kind that is not known"
        ) from None
    except Exception as error:  # decoders raise whatever a damaged file leads them to
        reason = first_line(error).replace(str(path), "the file")
        raise ImageError(f"{path}: cannot be read as an image ({reason})") from None


def _to_full_page(image: Image.Image) -> None:
    """Goes to the first page that is no reduced image of another one (TIFF 6.0, NewSubfileType)."""
    for number in range(image.n_frames):
        image.seek(number)
        if not image.tag_v2.get(Base.NewSubfileType, 0) & 1:
            return
    image.seek(0)


def decode(path: Path, image: Image.Image, bits: int) -> np.ndarray:
    """The RGB of an open image, uint8 or uint16 `(H, W, 3)`; `bits`, 8 or 16, from before it was loaded."""
    image.load()
    if bits == 16:
        return _sixteen_bits(path, image)
    _check_complete(path, image)
    return np.array(image.convert("RGB"))


def bits_per_channel(image: Image.Image) -> int:
    """Bits per channel of an image that is not loaded yet; Pillow's mode does not tell them."""
    if image.format == "TIFF":
        return max(image.tag_v2.get(Base.BitsPerSample, (1,)))
    return 16 if ";16" in f"{image.mode} {image.tile}" else 8


def _sixteen_bits(path: Path, image: Image.Image) -> np.ndarray:
    """uint16 `(H, W, 3)` of a PNG or TIFF file as stored, without alpha; Pillow would cut it to 8 bits."""
    kind = image.format
    if kind not in ("PNG", "TIFF"):
        raise ImageError(f"{path}: 16 bits per channel in a file of kind {kind}; expected PNG or TIFF")
    if kind == "TIFF":
        _check_complete(path, image)
    pixels = (
        imagecodecs.png_decode(path.read_bytes()) if kind == "PNG" else tifffile.imread(path, key=image.tell())
    )
    pixels = pixels[..., None] if pixels.ndim == 2 else pixels
    pixels = np.moveaxis(pixels, 0, -1) if pixels.shape[-1] > 4 else pixels  # a TIFF file may keep channels apart
    if kind == "TIFF" and image.tag_v2.get(_EXTRA_SAMPLES, (0,))[0] == 1:  # multiplied by alpha, the last channel
        pixels, alpha = pixels[..., :-1], np.maximum(pixels[..., -1:], 1) / 65535
        pixels = np.uint16(np.minimum(np.round(pixels / alpha), 65535))
    return np.ascontiguousarray(pixels[..., :3] if pixels.shape[-1] >= 3 else pixels[..., :1].repeat(3, 2))


def _check_complete(path: Path, image: Image.Image) -> None:
    """Refuses a PNG or TIFF file that ends before its last row; Pillow would fill the rest with black.

    Raises:
        Exception: whatever the decoder raises.
    """
    if image.format == "PNG":
        imagecodecs.png_decode(path.read_bytes())
    if image.format == "TIFF":
        with tifffile.TiffFile(path) as file:
            page = file.pages[image.tell()]
            chunks, stored = math.prod(page.chunked), sum(page.databytecounts)
            short = page.compression == tifffile.COMPRESSION.NONE and stored < page.nbytes
            if page.imagedepth != 1 or chunks != len(page.dataoffsets) or short:
                raise ImageError(
                    f"{path}: {len(page.dataoffsets)} of {chunks} pieces, {stored} bytes; truncated or corrupt"
                )


def check_size(path: Path, width: int, height: int, pixels_per_byte: float = _PIXELS_PER_BYTE) -> None:
    """Refuses a picture that is too large, or larger than its file can hold, before memory is taken for it.

    Args:
        pixels_per_byte: that the file's compression can pack.

    Raises:
        ImageError: more than `MOST_PIXELS` pixels, or more than any compression packs into the file's bytes.
    """
    most = min(MOST_PIXELS, _SLACK + pixels_per_byte * path.stat().st_size)
    if width < 1 or height < 1 or width * height > most:
        raise ImageError(
            f"{path}: its header says {width}x{height} pixels, with {path.stat().st_size} bytes; corrupt, or "
            f"above {MOST_PIXELS} pixels"
        )


def write_exr(path: Path, image: np.ndarray, half: bool = True) -> None:
    """Writes `(H, W, 3)` as OpenEXR with ZIP compression, half floats unless told otherwise.

    Values above 65504, the largest half float, are stored as 65504.
    """
    pixels = np.minimum(image, HALF_MAX).astype(np.float16) if half else image.astype(np.float32)
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    with atomic_write(path) as part, OpenEXR.File(header, {"RGB": np.ascontiguousarray(pixels)}) as file:
        try:
            file.write(str(part))
        except RuntimeError as error:
            raise ImageError(f"{path}: cannot be written ({first_line(error)})") from None


def resize_square(image: np.ndarray, size: int) -> np.ndarray:
    """A square image at another size: averaged where it shrinks, bilinear where it grows."""
    method = cv2.INTER_AREA if len(image) >= size else cv2.INTER_LINEAR
    return cv2.resize(image, (size, size), interpolation=method)


def repair(image: np.ndarray, max_share: float) -> tuple[np.ndarray, int]:
    """Replaces NaN by the median of the finite 5x5 neighbours, and negative values by 0.

    +Inf is light that was too much for its file, such as a sun's: it becomes the brightest light of the image, at
    least what a half float holds.

    Returns:
        The repaired image and the number of pixels that were touched.

    Raises:
        ImageError: more than `max_share` of the pixels are bad, or the image is black.
    """
    broken = ~np.isfinite(image)
    bad = (broken | (image < 0)).any(-1)
    count = int(bad.sum())
    if count > max_share * bad.size:
        raise ImageError(
            f"{count} of {bad.size} pixels are NaN, infinite or negative; at most {max_share:.1%} are repaired"
        )
    bright = np.isposinf(image)
    if bright.any():
        image = np.where(bright, max(HALF_MAX, image[~broken].max(initial=0)), image)
        broken &= ~bright
    fixed = np.where(broken, 0, np.maximum(image, 0)).astype(np.float32)
    if not fixed.any():
        raise ImageError("all pixels are black")
    padded = np.pad(image, ((2, 2), (2, 2), (0, 0)), constant_values=np.nan)
    windows = sliding_window_view(padded, (5, 5), (0, 1))[broken].reshape(-1, 25)
    fixed[broken] = np.maximum(_finite_median(windows), 0)
    return fixed, count


def _finite_median(rows: np.ndarray) -> np.ndarray:
    """The median of the finite values of each row, 0 where there are none; `(N, K)` to `(N,)`."""
    finite = np.isfinite(rows)
    ascending = np.sort(np.where(finite, rows, np.inf), 1)
    count = finite.sum(1)
    low, high = (ascending[np.arange(len(rows)), np.maximum(i, 0)] for i in ((count - 1) // 2, count // 2))
    return np.where(count > 0, (low + high) / 2, 0)
