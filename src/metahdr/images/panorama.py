"""Perspective views of an equirectangular panorama.

The panorama's centre column looks along azimuth 0, azimuth grows to the right, row 0 is the zenith.
"""

import numpy as np
from scipy.ndimage import map_coordinates

from metahdr.errors import ImageError


def perspective_view(
    panorama: np.ndarray,
    azimuth: float,
    field_of_view: float,
    size: int,
    elevation: float = 0.0,
    roll: float = 0.0,
) -> np.ndarray:
    """A square pinhole view.

    Each pixel is the mean of 2x2 bilinear samples, because a panorama usually has more pixels than the view.

    Args:
        panorama: linear light `(H, 2H, 3)`.
        azimuth, elevation: viewing direction in degrees.
        field_of_view: horizontal angle in degrees, below 180.
        size: width and height in pixels.
        roll: of the camera about its direction in degrees, anticlockwise as seen from behind it.

    Returns:
        float32 `(size, size, 3)`.

    Raises:
        ImageError: the panorama is not twice as wide as high.
    """
    height, width = panorama.shape[:2]
    if width != 2 * height:
        raise ImageError(f"{width}x{height} pixels; an equirectangular panorama is twice as wide as high")
    samples = 2 * size
    half_width = np.tan(np.radians(field_of_view) / 2)
    across = ((np.arange(samples) + 0.5) / samples * 2 - 1) * half_width
    x, y = np.meshgrid(across, -across)  # right, up; the view looks along z = 1
    turn, tilt = np.radians(roll), np.radians(elevation)
    x, y = x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)
    up, forward = y * np.cos(tilt) + np.sin(tilt), np.cos(tilt) - y * np.sin(tilt)
    longitude = np.arctan2(x, forward) + np.radians(azimuth)
    latitude = np.arctan2(up, np.hypot(x, forward))

    column = (longitude / (2 * np.pi) + 0.5) % 1 * width - 0.5
    row = (0.5 - latitude / np.pi) * height - 0.5
    wrapped = np.pad(panorama, ((0, 0), (1, 1), (0, 0)), mode="wrap")
    view = np.stack(
        [map_coordinates(wrapped[..., c], (row, column + 1), order=1, mode="nearest") for c in range(3)], -1
    )
    return view.reshape(size, 2, size, 2, 3).mean((1, 3), dtype=np.float64).astype(np.float32)
