"""Reading of Radiance pictures (.hdr, .pic): pixels of a common exponent, as Radiance's filefmts.pdf has them."""

import re
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from metahdr.errors import ImageError
from metahdr.images.primaries import with_primaries

RESOLUTION = re.compile(rb"^([-+])Y +(\d+) +([-+])X +(\d+)\r?\n", re.MULTILINE)


def read_radiance(path: Path, check_size: Callable[[Path, int, int], None]) -> np.ndarray:
    """The picture in linear light with BT.709 primaries, float32 `(H, W, 3)`.

    EXPOSURE and COLORCORR are divided by, PRIMARIES converted, the order of scanlines and pixels turned.

    Args:
        check_size: called as `check_size(path, width, height)` before pixels are read.

    Raises:
        ImageError: no Radiance picture, truncated or corrupt, or of XYZ pixels.
    """
    data = path.read_bytes()
    resolution = RESOLUTION.search(data)
    if resolution is None:
        raise ImageError(f"{path}: no resolution line such as '-Y 512 +X 1024'; not a Radiance .hdr file")
    header = data[: resolution.start()]
    if any(b"xyze" in value for value in _values(header, "FORMAT")):
        raise ImageError(f"{path}: XYZ pixels; expected FORMAT=32-bit_rle_rgbe")
    vertical, height, horizontal, width = resolution.groups()
    width, height = int(width[:12]), int(height[:12])
    check_size(path, width, height)
    image = _decode(data[resolution.end() :], width, height)
    if image is None:
        raise ImageError(f"{path}: truncated or corrupt Radiance pixels, or not those of {width}x{height}")
    image = image / _product(path, header, "EXPOSURE", 1) / _product(path, header, "COLORCORR", 3)
    image = image[::-1] if vertical == b"+" else image
    image = image[:, ::-1] if horizontal == b"-" else image
    # Some programs write eight zeros where they do not know them.
    primaries = next((each for each in reversed(_numbers(path, header, "PRIMARIES", 8)) if any(each)), None)
    return with_primaries(path, np.ascontiguousarray(image, np.float32), primaries)


def _values(header: bytes, key: str) -> list[bytes]:
    """The values of all lines with a key."""
    return re.findall(rb"^%s *= *(.*)$" % key.encode(), header, re.MULTILINE)


def _numbers(path: Path, header: bytes, key: str, count: int) -> list[tuple[float, ...]]:
    """The numbers of each line with a key.

    Raises:
        ImageError: not `count` numbers, or not finite.
    """
    found = []
    for value in _values(header, key):
        try:
            numbers = tuple(float(word) for word in value.split())
        except ValueError:
            numbers = ()
        if len(numbers) != count or not np.isfinite(numbers).all():
            raise ImageError(f"{path}: {key}={value.decode(errors='replace').strip()} in its header")
        found.append(numbers)
    return found


def _product(path: Path, header: bytes, key: str, count: int) -> np.ndarray:
    """The product of all lines with a key, float32 `(count,)`, for several programs may each have written one.

    Raises:
        ImageError: not positive numbers.
    """
    factors = np.prod(_numbers(path, header, key, count) or np.ones((1, count)), 0)
    with np.errstate(over="ignore"):
        factors = factors.astype(np.float32)
    if not (np.isfinite(factors).all() and (factors > 0).all()):
        raise ImageError(f"{path}: {key}={' '.join(f'{each:g}' for each in factors)} in its header")
    return factors


def _decode(data: bytes, width: int, height: int) -> np.ndarray | None:
    """The pixels `(height, width, 3)`; None where there are fewer or more."""
    if len(data) != 4 * width * height and not data.startswith(_scanline(width)):
        return _decode_old_runs(data, width, height)
    return _decode_by_opencv(data, width, height)


def _scanline(width: int) -> bytes:
    """How a scanline of the newer run lengths begins."""
    return bytes([2, 2, width >> 8 & 255, width & 255])


def _decode_old_runs(data: bytes, width: int, height: int) -> np.ndarray | None:
    """Pixels of four bytes, of which 1, 1, 1, n repeats the last one n times; a next such one 256 n times."""
    if len(data) % 4:
        return None
    pixels = np.frombuffer(data, np.uint8).reshape(-1, 4)
    repeats = (pixels[:, :3] == 1).all(1)
    if not len(pixels) or repeats[0]:
        return None
    numbers = np.arange(len(pixels))
    last = np.maximum.accumulate(np.where(repeats, 0, numbers))  # the pixel that is repeated
    counts = np.where(repeats, pixels[:, 3].astype(np.int64) << np.minimum(8 * (numbers - last - 1), 32), 1)
    if counts.sum() != width * height:
        return None
    red_green_blue, exponent = pixels[:, :3].astype(np.float32), pixels[:, 3].astype(int) - 136
    light = np.where(pixels[:, 3:] > 0, np.ldexp(red_green_blue, exponent[:, None]), 0).astype(np.float32)
    return np.repeat(light[last], counts, 0).reshape(height, width, 3)


def _decode_by_opencv(data: bytes, width: int, height: int) -> np.ndarray | None:
    """The same of pixels without run lengths, or with the newer ones.

    OpenCV accepts few headers, and ignores EXPOSURE and the order of scanlines: it is given a plain header. It
    also ignores what follows the last scanline. So one more is appended, whose bytes are all 136: if it is not the
    last one that OpenCV decodes, the file has another number of scanlines.
    """
    if 8 <= width < 1 << 15 and data.startswith(_scanline(width)):
        runs = [bytes([128 + min(127, width - start), 136]) for start in range(0, width, 127)]
        last = _scanline(width) + b"".join(runs) * 4
    else:
        last = bytes([136]) * 4 * width
    plain = b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y %d +X %d\n" % (height + 1, width)
    try:
        image = cv2.imdecode(np.frombuffer(plain + data + last, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error:  # more pixels than OpenCV accepts
        return None
    return image[:-1, :, ::-1] if image is not None and (image[-1] == 136).all() else None
