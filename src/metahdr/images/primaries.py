"""Conversion of linear RGB to BT.709 primaries and D65 white."""

from pathlib import Path

import numpy as np

from metahdr.errors import ImageError

# Chromaticities x, y of red, green, blue and white (ITU-R BT.709).
BT709 = (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, 0.3127, 0.3290)
_D65, _ACES = (0.3127, 0.3290), (0.32168, 0.33767)
# Of other spaces, by a word that the names of their linear light have (ITU-R BT.2020, SMPTE RP 431 and EG 432,
# Adobe RGB (1998), SMPTE ST 2065-1, Academy S-2014-004).
NAMED = {
    "rec709": BT709,
    "rec2020": (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, *_D65),
    "p3d65": (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, *_D65),
    "adobergb": (0.64, 0.33, 0.21, 0.71, 0.15, 0.06, *_D65),
    "ap1": (0.713, 0.293, 0.165, 0.830, 0.128, 0.044, *_ACES),
    "acescg": (0.713, 0.293, 0.165, 0.830, 0.128, 0.044, *_ACES),
    "ap0": (0.7347, 0.2653, 0.0, 1.0, 0.0001, -0.0770, *_ACES),
    "aces2065": (0.7347, 0.2653, 0.0, 1.0, 0.0001, -0.0770, *_ACES),
}
# The Bradford cone responses (Lam 1985), for chromatic adaptation between two whites.
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])


def to_bt709(chromaticities: tuple[float, ...]) -> np.ndarray:
    """The 3x3 matrix from linear RGB of other primaries to BT.709; their white becomes BT.709's.

    Args:
        chromaticities: x, y of red, green, blue and white, as OpenEXR stores them.

    Raises:
        ValueError: they span no colours.
    """
    try:
        with np.errstate(divide="raise", invalid="raise"):
            to_xyz, white = _to_xyz(chromaticities)
    except (FloatingPointError, np.linalg.LinAlgError):
        listed = ", ".join(f"{value:g}" for value in chromaticities)
        raise ValueError(f"its chromaticities {listed} span no colours") from None
    from_xyz, d65 = _to_xyz(BT709)
    adaptation = np.linalg.inv(_BRADFORD) @ np.diag((_BRADFORD @ d65) / (_BRADFORD @ white)) @ _BRADFORD
    return np.linalg.inv(from_xyz) @ adaptation @ to_xyz


def luminance_weights(chromaticities: tuple[float, ...]) -> np.ndarray:
    """The luminance of red, green and blue, `(3,)`; that of white is their sum, 1."""
    return _to_xyz(chromaticities)[0][1]


def _to_xyz(chromaticities: tuple[float, ...]) -> tuple[np.ndarray, np.ndarray]:
    """The matrix from RGB to XYZ, and the white's XYZ with Y = 1 (SMPTE RP 177)."""
    x, y = np.array(chromaticities, float).reshape(4, 2).T
    columns = np.stack([x / y, np.ones(4), (1 - x - y) / y])
    primaries, white = columns[:, :3], columns[:, 3]
    return primaries * np.linalg.solve(primaries, white), white


def with_primaries(path: Path, image: np.ndarray, primaries: tuple[float, ...] | None) -> np.ndarray:
    """Linear RGB `(H, W, 3)` of a file's primaries in those of BT.709; None, and BT.709's, leave it as it is.

    Raises:
        ImageError: they span no colours.
    """
    if primaries is not None:
        try:
            matrix = to_bt709(primaries)
        except ValueError as error:
            raise ImageError(f"{path}: {error}") from None
        if not np.allclose(matrix, np.eye(3), atol=2e-3):  # BT.709 primaries with nearly its white stay
            inside = (image >= 0).all(-1, keepdims=True)
            image = image @ matrix.T
            image = np.where(inside, np.maximum(image, 0), image)  # a colour outside BT.709 is not a bad pixel
    return np.ascontiguousarray(image, np.float32)
