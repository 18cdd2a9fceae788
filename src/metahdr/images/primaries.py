"""Conversion of linear RGB to BT.709 primaries and D65 white."""

import numpy as np

# Chromaticities x, y of red, green, blue and white (ITU-R BT.709).
BT709 = (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, 0.3127, 0.3290)
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
