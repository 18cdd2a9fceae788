"""`metahdr.reconstruct`: photographs in Python to radiance."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from metahdr.errors import ImageError, UserError
from metahdr.photographs import DEFAULT
from metahdr.photographs.bracket import make_bracket
from metahdr.photographs.read import Photograph, check_content, read_photograph
from metahdr.photographs.reconstruct import completed, merged, method_class, single

Image = np.ndarray | str | Path
_TYPES = ("uint8", "uint16", "float16", "float32", "float64")


def reconstruct(
    images: Image | Sequence[Image],
    ev: Sequence[float] | None = None,
    method: str = DEFAULT,
    weights: str | Path | None = None,
) -> np.ndarray:
    """The HDR image of one photograph, or of several exposures of one view.

    Args:
        images: one photograph or a list of exposures; each a file, or an array `(H, W, 3)` of display-referred
            RGB: uint8, uint16, or float in [0, 1].
        ev: stops of each exposure of a list, relative to the one whose clipping is 1.0; None: those of the files'
            EXIF data, relative to the middle exposure.
        method: a method of single exposures.
        weights: a weight file of the method; None: the shipped one.

    Returns:
        Linear light with BT.709 primaries, float32 `(h, w, 3)`, non-negative and finite; 1.0 is where the
        photograph clips. A bracket that was moved is cropped to what all its exposures show.

    Raises:
        UserError: an image or the bracket cannot be taken; one line that says why.
    """
    loaded = method_class(method).load(Path(weights) if weights else None)
    if isinstance(images, np.ndarray | str | Path):
        return single(loaded, _photograph(images, "the image"))
    names = [str(one) if isinstance(one, str | Path) else f"image {n}" for n, one in enumerate(images, 1)]
    photographs = [_photograph(one, name) for one, name in zip(images, names, strict=True)]
    if not photographs:
        raise UserError("no image to reconstruct")
    if len(photographs) == 1 and ev is None:
        return single(loaded, photographs[0])
    return completed(loaded, merged(make_bracket(names, photographs, ev), loaded))


def _photograph(image: Image, name: str) -> Photograph:
    if isinstance(image, str | Path):
        return read_photograph(Path(image))
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype.name not in _TYPES:
        raise ImageError(
            f"{name}: {image.dtype} {image.shape}; expected uint8, uint16 or float of shape (H, W, 3)"
        )
    if image.dtype.kind == "f":
        if not ((image >= 0) & (image <= 1)).all():
            raise ImageError(f"{name}: floats outside [0, 1]; expected a display-referred image")
        image = np.round(image * 65535).astype(np.uint16)
    check_content(name, image)
    return Photograph(image)
