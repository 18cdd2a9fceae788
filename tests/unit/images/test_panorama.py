import numpy as np
import pytest

from metahdr.errors import ImageError
from metahdr.images.panorama import perspective_view


def directions(height: int) -> np.ndarray:
    """A panorama whose pixels are the unit vectors (right, up, forward) that they show."""
    longitude = ((np.arange(2 * height) + 0.5) / (2 * height) - 0.5) * 2 * np.pi
    latitude = (0.5 - (np.arange(height) + 0.5) / height) * np.pi
    longitude, latitude = np.meshgrid(longitude, latitude)
    level = np.cos(latitude)
    vectors = [level * np.sin(longitude), np.sin(latitude), level * np.cos(longitude)]
    return np.stack(vectors, -1).astype(np.float32)


def rays(azimuth: float, elevation: float, field_of_view: float, size: int) -> np.ndarray:
    """The directions of a pinhole camera's pixels, from its right, up and forward axes."""
    a, e = np.radians([azimuth, elevation])
    right = np.array([np.cos(a), 0, -np.sin(a)])
    up = np.array([-np.sin(e) * np.sin(a), np.cos(e), -np.sin(e) * np.cos(a)])
    forward = np.array([np.cos(e) * np.sin(a), np.sin(e), np.cos(e) * np.cos(a)])
    plane = (2 * (np.arange(size) + 0.5) / size - 1) * np.tan(np.radians(field_of_view) / 2)
    ray = forward + plane[None, :, None] * right - plane[:, None, None] * up
    return ray / np.linalg.norm(ray, axis=-1, keepdims=True)


@pytest.mark.parametrize(("azimuth", "elevation"), [(0, 0), (90, 0), (180, 0), (-90, 20), (225, -30), (45, 55)])
def test_each_pixel_shows_what_lies_in_its_ray(azimuth, elevation):
    view = perspective_view(directions(128), azimuth, 70, 32, elevation)
    np.testing.assert_allclose(view, rays(azimuth, elevation, 70, 32), atol=1e-3)


def test_azimuth_90_looks_at_the_right_quarter():
    panorama = np.zeros((32, 64, 3), np.float32)
    panorama[:, 40:56] = 1  # azimuth 45 to 135
    brightness = [perspective_view(panorama, azimuth, 60, 16).mean() for azimuth in (0, 90, 180, 270)]
    assert brightness == [0, 1, 0, 0]


def test_the_view_across_the_seam_is_that_of_a_panorama_turned_half_around(scenery):
    panorama = scenery(0)
    turned = np.roll(panorama, 64, axis=1)
    np.testing.assert_allclose(
        perspective_view(panorama, 180, 90, 32), perspective_view(turned, 0, 90, 32), rtol=1e-5
    )


def test_a_uniform_panorama_looks_the_same_everywhere_even_at_the_poles():
    view = perspective_view(np.full((32, 64, 3), 3, np.float32), 30, 120, 16, elevation=90)
    np.testing.assert_allclose(view, 3, rtol=1e-6)


def test_an_image_that_is_not_twice_as_wide_as_high_is_no_panorama():
    with pytest.raises(ImageError, match="100x64 pixels; an equirectangular panorama is twice as wide as high"):
        perspective_view(np.ones((64, 100, 3), np.float32), 0, 70, 16)
