"""Exposures of a scene: by the virtual camera, or simulated as in the paper's section 3.1."""

import cv2
import numpy as np

from metahdr.camera.response import Response

PIXEL_VALUES = np.arange(256)  # all that a channel of 8 bits can be


def clipping_scale(hdr: np.ndarray, ldr: np.ndarray) -> float | None:
    """The factor for `hdr` after which `ldr` clips at 1.0.

    `ldr` clips at the (1 - s) quantile of max(R, G, B) of `hdr`, where s is the share of saturated pixels in
    `ldr`. None if s is below 0.1 % or above 99.9 %.

    Args:
        hdr: linear light `(H, W, 3)`.
        ldr: its aligned exposure, uint8 or uint16 `(H, W, 3)`.
    """
    share = saturated_share(ldr)
    if not 0.001 <= share <= 0.999:
        return None
    return 1 / float(np.quantile(hdr.max(-1), 1 - share))


def quantise(image: np.ndarray) -> np.ndarray:
    """[0, 1] to 8 bits, rounded."""
    return np.round(np.clip(image, 0, 1) * 255).astype(np.uint8)


def expose(
    hdr: np.ndarray,
    ev: float,
    response: Response,
    noise: float = 0.0,
    rng: np.random.Generator | None = None,
    jpeg_quality: int | None = None,
    white: int = 255,
) -> np.ndarray:
    """quantise(response(clip(hdr * 2^ev, 0, 1)) + noise) in values up to `white`, then JPEG if asked for.

    Args:
        hdr: linear light `(H, W, 3)` in the scene's scale: 1.0 is where EV 0 clips.
        ev: stops.
        noise: standard deviation in display-referred units; needs `rng` if above 0.

    Returns:
        uint8 `(H, W, 3)`.
    """
    exposure = np.clip(hdr * 2.0**ev, 0, 1)
    ldr = response(exposure)
    if noise:
        # A clipped pixel is at full well, which has no noise.
        ldr = np.where(exposure >= 1, 1, ldr + rng.normal(0, noise, ldr.shape))
    pixels = quantise(np.clip(ldr, 0, 1) * (white / 255))
    return pixels if jpeg_quality is None else compress(pixels, jpeg_quality)


def compress(ldr: np.ndarray, quality: int) -> np.ndarray:
    """uint8 `(H, W, 3)` after JPEG compression."""
    _, code = cv2.imencode(".jpg", ldr[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.ascontiguousarray(cv2.imdecode(code, cv2.IMREAD_COLOR)[..., ::-1])


def expose_percentile(hdr: np.ndarray, percentiles: list[float]) -> tuple[np.ndarray, float]:
    """One simulated exposure of Pan and Vento 2021, section 3.1.

    The values are clamped to a range of percentiles, mapped linearly to [0, 1] and encoded with gamma 2.2.

    Returns:
        uint8 `(H, W, 3)` and the value that became white.
    """
    low, high = np.percentile(hdr, percentiles)
    linear = (np.clip(hdr, low, high) - low) / max(high - low, np.finfo(np.float32).tiny)
    return quantise(linear ** (1 / 2.2)), float(high)


def saturated_share(ldr: np.ndarray, white: int = 255) -> float:
    """Share of pixels with a channel at `white`, the camera's largest value in 8 bits, or above."""
    return float((eight_bits(ldr.max(-1)) >= white).mean())


def black_share(ldr: np.ndarray) -> float:
    """Share of pixels with every channel at 0, in 8 bits."""
    return float((eight_bits(ldr.max(-1)) == 0).mean())


def eight_bits(ldr: np.ndarray) -> np.ndarray:
    """uint8 of a display-referred image of 8 or 16 bits, rounded."""
    if ldr.dtype == np.uint8:
        return ldr
    return ((ldr.astype(np.uint32) + 128) // 257).astype(np.uint8)  # 65535 / 255 = 257
