"""A random camera for training: responses wider than one family, white balance, vignetting, noise, white, JPEG."""

from dataclasses import dataclass

import numpy as np

from metahdr.camera.curve import Curve
from metahdr.camera.exposure import compress, quantise
from metahdr.camera.response import Response, draw_response

_VALUES = (np.arange(1024) + 0.5) / 1024  # display-referred values at which a curve's slope is drawn


@dataclass(frozen=True)
class Camera:
    """All that a camera does to light in one exposure.

    Attributes:
        response: from exposure to display-referred value.
        white: display-referred value of a clipped channel; some cameras stop at 250 of 255.
        balance: gain of each channel before clipping, `(3,)`.
        vignetting: share of light that the corners lose.
        shot, read: the variance of exposure x is shot * x + read^2.
        noise: standard deviation in the display-referred image, as `exposure.expose` takes it.
        jpeg: quality; None: not compressed.
    """

    response: Curve | Response
    white: float
    balance: np.ndarray
    vignetting: float
    shot: float
    read: float
    noise: float
    jpeg: int | None

    def light(self, hdr: np.ndarray) -> np.ndarray:
        """Light on the sensor, `hdr` `(H, W, 3)` after vignetting and white balance."""
        height, width = hdr.shape[:2]
        y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
        falloff = 1 - self.vignetting * (x**2 + y**2)[..., None] / 2
        return (hdr * falloff * self.balance).astype(np.float32)

    def expose(self, light: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """The exposure of light that clips at 1.0, uint8 `(H, W, 3)`."""
        noisy = light + np.sqrt(self.shot * light + self.read**2) * rng.standard_normal(light.shape)
        encoded = self.encode(noisy) + self.noise * rng.standard_normal(light.shape)
        pixels = quantise(np.where(light >= 1, self.white, np.clip(encoded, 0, self.white)))
        return compress(pixels, self.jpeg) if self.jpeg else pixels

    def encode(self, light: np.ndarray) -> np.ndarray:
        """The display-referred values of light, without noise."""
        return self.white * self.response(np.clip(light, 0, 1))

    def table(self, size: int) -> np.ndarray:
        """The exposures of equally spaced values from 0 to 1, `(size,)`: what a calibration would find."""
        return self.response.inverse(np.minimum(np.linspace(0, 1, size) / self.white, 1))


def draw_camera(rng: np.random.Generator, likely: bool = False) -> Camera:
    """A random camera.

    Args:
        likely: whether `draw_likely_curve` draws the response, for a network that must guess it. Else half of the
            draws are from the family of Eilertsen et al. 2017 and half from `draw_curve`, over wider ranges than
            real cameras', for a network that must work with every response.
    """
    if likely:
        response = draw_likely_curve(rng)
    elif rng.random() < 0.5:
        response = Response(rng.uniform(0.6, 1.2), np.exp(rng.uniform(np.log(0.25), np.log(1.6))))
    else:
        response = draw_curve(rng)
    return Camera(
        response,
        white=rng.uniform(0.96, 1) if rng.random() < 0.2 else 1.0,
        balance=np.exp(rng.normal(0, 0.1, 3)),
        vignetting=max(rng.uniform(-0.3, 0.4), 0),
        shot=10 ** rng.uniform(-6, -3.3),
        read=10 ** rng.uniform(-4.5, -2.7),
        noise=max(rng.uniform(-0.004, 0.008), 0),
        jpeg=int(rng.integers(60, 99)) if rng.random() < 0.6 else None,
    )


def draw_curve(rng: np.random.Generator) -> Curve:
    """A smooth curve of no camera in particular.

    The inverse has a slope whose logarithm, at value u, is a log(u + e) plus a cosine series, whose coefficients
    fall like 1/k. The first one favours steep ends, since most cameras compress the highlights.
    """
    toe, start = rng.uniform(0.2, 1.3), np.exp(rng.uniform(np.log(0.003), np.log(0.1)))
    slopes = toe * np.log(_VALUES + start) - rng.uniform(0, 1.4) * np.cos(np.pi * _VALUES)
    return _bent(rng, slopes, 0.4)


def draw_likely_curve(rng: np.random.Generator) -> Curve:
    """A curve as cameras have it: one that Eilertsen et al. 2017 fitted to measured curves, bent at random.

    A random multiple of log(u + 0.02) and a cosine series are added to the logarithm of the inverse's slope, as in
    `draw_curve`.
    """
    response = draw_response(rng, [0.9, 0.1], [0.6, 0.1])
    slopes = np.log(np.diff(response.inverse(np.linspace(0, 1, len(_VALUES) + 1))))
    return _bent(rng, slopes + rng.normal(0, 0.2) * np.log(_VALUES + 0.02), 0.3)


def _bent(rng: np.random.Generator, slopes: np.ndarray, spread: float) -> Curve:
    """The curve whose inverse has a slope with this logarithm plus a random cosine series."""
    for order in range(1, 6):
        slopes += rng.normal(0, spread / order) * np.cos(order * np.pi * _VALUES)
    rising = np.cumsum(np.exp(slopes - slopes.max()))
    return Curve(np.concatenate([[0.0], rising]) / rising[-1])
