"""Reading of photographs: JPEG, PNG, TIFF, HEIC and other rendered images, and raw files."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import psutil
from PIL.ExifTags import Base
from pillow_heif import register_heif_opener

from metahdr.camera.curve import Curve
from metahdr.camera.exposure import eight_bits
from metahdr.errors import ImageError
from metahdr.images.colours import to_srgb
from metahdr.images.exif import Settings, read_settings
from metahdr.images.files import bits_per_channel, decode, open_image
from metahdr.photographs import raw

SMALLEST = 16  # pixels of a side
BYTES_PER_PIXEL = 150  # of memory to reconstruct one exposure; benchmarks/reconstruct.py measures it
_BLACK, _WHITE = 4 / 255, 250 / 255
_MODES = ("L", "LA", "P", "PA", "RGB", "RGBA", "RGBX")
_DEEP_MODES = ("L", "LA", "RGB", "RGBA", "RGBX", "I;16", "I;16B")  # what Pillow calls those of 16 bits

register_heif_opener()


class Photograph(NamedTuple):
    """One exposure as its file has it.

    Attributes:
        pixels: display-referred sRGB colours, uint8 or uint16 `(H, W, 3)`, upright.
        curve: the response, where the file determines it; None: unknown.
        settings: of the camera.
        notes: what the user should know of how the file was read.
        orientation: by which EXIF says that the pixels were turned.
    """

    pixels: np.ndarray
    curve: Curve | None = None
    settings: Settings = Settings()
    notes: tuple[str, ...] = ()
    orientation: int = 1

    def display(self) -> np.ndarray:
        """The values in [0, 1], float32 `(3, H, W)`."""
        planes = np.ascontiguousarray(self.pixels.transpose(2, 0, 1))
        return planes / np.float32(np.iinfo(planes.dtype).max)

    def eight_bits(self) -> np.ndarray:
        """The values as uint8 `(H, W, 3)`."""
        return eight_bits(self.pixels)


def read_photograph(path: Path, orientation: int | None = None, balance: list[float] | None = None) -> Photograph:
    """Reads a photograph of 8 or 16 bits per channel.

    The orientation in the EXIF data is applied, grey becomes RGB, transparency is dropped. Colours of another
    profile than sRGB's are converted.

    Args:
        orientation: of a rendered image; None: as its EXIF data say.
        balance: of a raw file's white, see `raw.read_raw`; None: its own.

    Raises:
        ImageError: missing, unreadable, truncated, of another kind, too large for the memory, or nothing in it:
            smaller than `SMALLEST`, black, white, or one colour throughout.
    """
    if not path.is_file():
        raise ImageError(f"{path}: no such file")
    if path.suffix.lower() in raw.SUFFIXES:
        _check_memory(path, raw.size_of(path))
        pixels, settings = raw.read_raw(path, balance)
        photograph = Photograph(pixels, raw.RESPONSE, settings)
    else:
        photograph = _read_rendered(path, orientation)
    check_content(str(path), photograph.pixels)
    return photograph


def check_content(name: str, pixels: np.ndarray) -> None:
    """Raises an ImageError where there is nothing to reconstruct from in `(H, W, 3)` integers."""
    height, width = pixels.shape[:2]
    if min(height, width) < SMALLEST:
        raise ImageError(f"{name}: {width}x{height} pixels; at least {SMALLEST}x{SMALLEST} are needed")
    low, high = (value / np.iinfo(pixels.dtype).max for value in (pixels.min(), pixels.max()))
    if high < _BLACK:
        raise ImageError(f"{name}: all black: there is no light to reconstruct from")
    if low >= _WHITE:
        raise ImageError(f"{name}: all white: no pixel is left that is not clipped")
    if (pixels == pixels[0, 0]).all():
        raise ImageError(f"{name}: one colour throughout, {tuple(pixels[0, 0].tolist())}: not a photograph")


def _read_rendered(path: Path, turned: int | None) -> Photograph:
    with open_image(path) as image:
        _check_memory(path, image.size)
        mode, bits = image.mode, bits_per_channel(image)
        exif = image.getexif()
        settings, orientation = read_settings(exif), exif.get(Base.Orientation, 1)
        negative = image.format == "TIFF" and bits == 16 and image.tag_v2.get(262) == 0  # white is 0
        if bits not in (8, 16) or negative or mode not in (_MODES if bits == 8 else _DEEP_MODES):
            found = f"{bits} bits" if bits not in (8, 16) else f"Pillow's mode {mode}"
            raise ImageError(f"{path}: {found}; expected RGB or grey of 8 or 16 bits per channel")
        pixels = decode(path, image, bits)
        if bits == 8:  # Pillow turns some kinds while it loads them, and says so
            orientation = image.getexif().get(Base.Orientation, 1)
        pixels, note = to_srgb(path, image, pixels)
    notes = [note] if note else []
    if (pixels[..., :1] == pixels[..., 1:]).all():
        notes.append("greyscale: light that was clipped is recovered without colour information")
    orientation = turned or orientation
    return Photograph(_upright(pixels, orientation), None, settings, tuple(notes), orientation)


def _upright(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """The pixels `(H, W, 3)` turned as EXIF's orientation, 1 to 8, asks for."""
    pixels = pixels.swapaxes(0, 1) if orientation in (5, 6, 7, 8) else pixels
    pixels = pixels[:, ::-1] if orientation in (2, 3, 6, 7) else pixels
    pixels = pixels[::-1] if orientation in (3, 4, 7, 8) else pixels
    return np.ascontiguousarray(pixels)


def _check_memory(path: Path, size: tuple[int, int]) -> None:
    width, height = size
    needed, free = width * height * BYTES_PER_PIXEL, psutil.virtual_memory().available
    if needed > free:
        raise ImageError(
            f"{path}: {width}x{height} pixels need about {needed / 1e9:.0f} GB of memory; {free / 1e9:.0f} GB are "
            "free: scale it down"
        )
