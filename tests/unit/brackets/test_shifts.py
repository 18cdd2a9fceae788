import cv2
import numpy as np
import pytest

from metahdr.brackets.shifts import align_bracket, middle, overlap
from metahdr.camera.exposure import expose
from metahdr.camera.response import Response

STOPS = [-2.0, 0.0, 2.0]
CAMERA = Response(0.7, 0.5)  # not the curve that the comparison takes


def take(hdr, shifts, size=160):
    """Exposures with noise of parts of one image, each moved by its shift."""
    rng = np.random.default_rng(0)
    top, left = (hdr.shape[0] - size) // 2, (hdr.shape[1] - size) // 2
    parts = [hdr[top - y : top - y + size, left - x : left - x + size] for x, y in shifts]
    return np.stack([expose(part, stop, CAMERA, 0.005, rng) for part, stop in zip(parts, STOPS, strict=True)])


@pytest.fixture(scope="module")
def hdr(scenery):
    image = scenery(3, 208, 256)
    return image / image.mean()


@pytest.mark.parametrize(
    "shifts", [((16, -9), (0, 0), (-5, 16)), ((-1, 1), (0, 0), (1, 0)), ((-16, 3), (0, 0), (16, -16))]
)
def test_shifts_of_hand_held_exposures_are_found_to_the_pixel(hdr, shifts):
    exposures = take(hdr, shifts)
    aligned, found = align_bracket(exposures, STOPS)
    np.testing.assert_array_equal(found, shifts)
    still = take(hdr, [(0, 0)] * 3)  # the same noise would be another draw; structure is compared
    (left, top), (right, bottom) = -np.min(shifts, 0), 160 - np.max(shifts, 0)
    assert aligned.shape[1:] == (bottom - top, right - left, 3)
    difference = aligned.astype(int) - still[:, top:bottom, left:right]
    assert np.abs(difference).mean() < 3


def test_fractions_of_a_pixel_are_found_and_undone(hdr):
    """An image of half the size moves by half a pixel where the large one moves by one."""
    large = np.repeat(np.repeat(hdr, 2, 0), 2, 1)
    large = cv2.GaussianBlur(large, (0, 0), 1.5)
    shifts = np.array([(7.5, -4.0), (0, 0), (-2.5, 8.5)])
    rng, exposures = np.random.default_rng(0), []
    for (x, y), stop in zip((2 * shifts).astype(int), STOPS, strict=True):
        part = large[48 - y : 48 - y + 320, 96 - x : 96 - x + 320]
        part = cv2.resize(part, (160, 160), interpolation=cv2.INTER_AREA)
        exposures.append(expose(part, stop, CAMERA, 0.0, rng))
        if stop == 0:
            still = part
    aligned, found = align_bracket(np.stack(exposures), STOPS)
    np.testing.assert_allclose(found, shifts, atol=0.25)
    (left, top), (right, bottom) = (np.ceil(-found.min(0)), 160 - np.ceil(found.max(0)))
    still = still[int(top) : int(bottom), int(left) : int(right)]
    for image, stop in zip(aligned, STOPS, strict=True):
        moved = image[3:-3, 3:-3].astype(float) - expose(still, stop, CAMERA, 0.0, rng)[3:-3, 3:-3]
        assert np.abs(moved).mean() < 1.5


def test_whole_pixels_leave_every_value_as_it_is(hdr):
    images = [hdr, hdr[::-1]]
    parts = overlap(images, np.array([(0.0, 0.0), (-3.0, 2.0)]))
    np.testing.assert_array_equal(parts[0], hdr[:-2, 3:])
    np.testing.assert_array_equal(parts[1], hdr[::-1][2:, :-3])


def test_exposures_that_lie_on_one_another_are_not_moved(scenery):
    for seed in range(6):
        image = scenery(seed, 208, 256)
        exposures = take(image / image.mean() * 2.0 ** (seed - 4), [(0, 0)] * 3)
        aligned, found = align_bracket(exposures, STOPS)
        assert not found.any()
        np.testing.assert_array_equal(aligned, exposures)


@pytest.mark.parametrize("value", [0, 128, 255])
def test_an_even_picture_is_not_moved(value):
    exposures = np.full((3, 40, 40, 3), value, np.uint8)
    assert not align_bracket(exposures, STOPS)[1].any()


def test_the_reference_is_the_middle_exposure():
    assert middle([2.0, -2.0, 0.0]) == 2
    assert middle([0.0, 2.0]) == 0
