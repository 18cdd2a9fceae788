"""Brackets of moving scenes: the camera turns a little between the exposures, and things move.

A camera that turns about its centre sees the same panorama, so that its pictures differ by an exact homography.
A thing is a region of another scene with light of its own, which moves across the picture on a straight line. The
middle exposure is the reference: the truth is what it shows.
"""

from typing import NamedTuple

import cv2
import numpy as np

from metahdr.config.motion import Motion

_ROUGHNESS = 0.2  # largest deviation of a thing's outline from an ellipse, as a share of its radius


class Shake(NamedTuple):
    """A rotation of the camera in degrees: to the right, up, and anticlockwise as seen from behind it."""

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0

    def homography(self, field_of_view: float, size: int) -> np.ndarray:
        """From the turned camera's pixels to those of the camera before, `(3, 3)`.

        Args:
            field_of_view: horizontal angle in degrees.
            size: width and height in pixels.
        """
        yaw, pitch, roll = np.radians(self)
        turn = _rotation(roll, 0, 1)
        tilt = _rotation(pitch, 2, 1)
        pan = _rotation(yaw, 2, 0)
        scale = np.tan(np.radians(field_of_view) / 2) * 2 / size
        middle = (size - 1) / 2
        to_ray = np.array([[scale, 0, -scale * middle], [0, -scale, scale * middle], [0, 0, 1]])
        return np.linalg.inv(to_ray) @ pan @ tilt @ turn @ to_ray


class Thing(NamedTuple):
    """A thing that moves.

    Attributes:
        radiance: of the picture that it is a region of, `(H, W, 3)`.
        cover: share of each pixel that it covers, `(H, W)`.
        steps: how many pixels to the right and down it moves from each exposure to the next.
    """

    radiance: np.ndarray
    cover: np.ndarray
    steps: tuple[int, int]


def draw_shake(rng: np.random.Generator, count: int, reference: int, settings: Motion) -> list[Shake]:
    """The camera's rotation at each of `count` exposures; none at the reference."""
    angles = rng.normal(0, 1, (count, 3)) * settings.shake
    angles[reference] = 0
    return [Shake(*map(float, row)) for row in angles]


def draw_thing(rng: np.random.Generator, picture: np.ndarray, settings: Motion) -> Thing:
    """A thing cut out of a picture, `(S, S, 3)` linear light, and placed anywhere in another of that size."""
    size = len(picture)
    cover = _draw_outline(rng, size, size * rng.uniform(*settings.size) / 2)
    step, angle = size * rng.uniform(*settings.speed), rng.uniform(0, 2 * np.pi)
    light = np.float32(2 ** rng.normal(0, settings.light)) if settings.light else np.float32(1)
    if rng.random() < 0.5:
        picture = picture[:, ::-1]
    return Thing(picture * light, cover, (round(step * np.cos(angle)), round(step * np.sin(angle))))


def _draw_outline(rng: np.random.Generator, size: int, radius: float) -> np.ndarray:
    """The cover of a rough ellipse anywhere in the picture; its edge is a pixel wide."""
    x, y = np.meshgrid(np.arange(size) - rng.uniform(0, size), np.arange(size) - rng.uniform(0, size))
    angle, flatness = rng.uniform(0, np.pi), rng.uniform(0.5, 1)
    along, across = x * np.cos(angle) + y * np.sin(angle), (y * np.cos(angle) - x * np.sin(angle)) / flatness
    around = np.arctan2(across, along)
    waves = sum(rng.uniform(-1, 1) / 4 * np.cos(k * around + rng.uniform(0, 2 * np.pi)) for k in range(2, 6))
    return np.clip(radius * (1 + _ROUGHNESS * waves) - np.hypot(along, across) + 0.5, 0, 1).astype(np.float32)


def moved_by(image: np.ndarray, right: int, down: int) -> np.ndarray:
    """`(H, W, ...)` moved by whole pixels; what comes in is 0."""
    height, width = image.shape[:2]
    result = np.zeros_like(image)
    if abs(right) < width and abs(down) < height:
        to = np.s_[max(down, 0) : height + min(down, 0), max(right, 0) : width + min(right, 0)]
        result[to] = image[max(-down, 0) : height - max(down, 0), max(-right, 0) : width - max(right, 0)]
    return result


def with_things(background: np.ndarray, things: list[Thing], time: int) -> np.ndarray:
    """Linear light `(H, W, 3)` of a background with things over it, `time` exposures after the reference."""
    picture = background
    for thing in things:
        cover = moved_by(thing.cover, *_way(thing, time))[..., None]
        picture = picture + cover * (moved_by(thing.radiance, *_way(thing, time)) - picture)
    return picture


def moved_pixels(things: list[Thing], shakes: list[Shake], reference: int, field_of_view: float) -> np.ndarray:
    """Pixels of the reference that a thing covers, at least in part, in any aligned exposure, bool `(H, W)`.

    Args:
        things: one at least.
        shakes: of each exposure.
    """
    covers = []
    for time, shake in enumerate(shakes, -reference):
        for thing in things:
            cover = moved_by(thing.cover, *_way(thing, time))
            back = shake.homography(field_of_view, len(cover))
            covers.append(cv2.warpPerspective(cover, back, cover.shape[::-1]) > 0)
    return np.any(covers, 0)


def _way(thing: Thing, time: int) -> tuple[int, int]:
    return thing.steps[0] * time, thing.steps[1] * time


def _rotation(angle: float, one: int, other: int) -> np.ndarray:
    """About the third axis, which turns `one` towards `other`."""
    matrix = np.eye(3)
    matrix[[one, other], [one, other]] = np.cos(angle)
    matrix[other, one], matrix[one, other] = np.sin(angle), -np.sin(angle)
    return matrix
