"""Writing of HDR images in the formats that programs, browsers and phones show.

All take linear light with BT.709 primaries, float32 `(H, W, 3)`, non-negative and finite; files appear whole.
"""

import io
from pathlib import Path

import cv2
import imagecodecs
import numpy as np
from PIL import Image

from metahdr.errors import ImageError
from metahdr.files import atomic_write
from metahdr.images.tonemap import photographic
from metahdr.photographs.gainmap import complete

SDR_WHITE = 203.0  # cd/m2 of 1.0 in a gain-map JPEG (ITU-R BT.2408)
PEAK = 10000 / SDR_WHITE  # the brightest light in a gain-map JPEG, 5.6 stops above 1.0
_LEAST_PEAK = 1.1  # of a screen that shows all light; the formats cannot say that every screen does
_QUALITY = 92
LARGEST = 8192  # pixels of a side of an Ultra HDR JPEG, as libultrahdr takes them


def write_hdr(path: Path, image: np.ndarray) -> None:
    """Writes a Radiance `.hdr`, run-length encoded."""
    with atomic_write(path) as part:
        if not cv2.imwrite(str(part), image[..., ::-1]):
            raise ImageError(f"{path}: cannot be written")


def write_preview(path: Path, image: np.ndarray) -> None:
    """Writes the tone-mapped image as JPEG or PNG, by the suffix."""
    code, kind = io.BytesIO(), "JPEG" if path.suffix == ".jpg" else "PNG"
    Image.fromarray(photographic(image)).save(code, kind, quality=_QUALITY)
    with atomic_write(path) as part:
        part.write_bytes(code.getvalue())  # Pillow itself does not notice a full disk


def write_ultrahdr(path: Path, image: np.ndarray) -> None:
    """Writes an Ultra HDR JPEG: a tone-mapped image that all programs show, and a gain map to the light itself.

    1.0, where the exposure clips, is the white of a standard screen; what is above is shown as brighter than that
    where the screen can, up to `PEAK`.
    """
    if max(image.shape[:2]) > LARGEST:
        raise ImageError(f"{path}: an Ultra HDR JPEG has at most {LARGEST} pixels a side; leave out --ultrahdr")
    rgba = np.ones((*image.shape[:2], 4), np.float16)
    np.minimum(image, PEAK, out=rgba[..., :3], casting="unsafe")
    code = imagecodecs.ultrahdr_encode(rgba, _QUALITY, gamut=imagecodecs.ULTRAHDR.CG.BT_709)
    brightest = np.quantile(image.max(-1), 0.999)
    headroom = np.log2(np.clip(brightest, _LEAST_PEAK, PEAK))
    with atomic_write(path) as part:
        part.write_bytes(complete(code, float(headroom)))
