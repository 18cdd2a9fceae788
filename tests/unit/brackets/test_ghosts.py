import numpy as np

from metahdr.brackets.ghosts import find_moved, replace_moved
from metahdr.brackets.merge import merge
from metahdr.camera.exposure import expose
from metahdr.camera.response import Response

CAMERA, STOPS = Response(0.9, 0.6), [-2.0, 0.0, 2.0]
CURVE = CAMERA.inverse(np.arange(256) / 255)
PLACES = (20, 60, 100)  # left edge of the thing in each exposure


def scene_with(hdr, left, light):
    image = hdr.copy()
    image[30:54, left : left + 24] = light
    return image


def take(images):
    rng = np.random.default_rng(0)
    return np.stack([expose(i, stop, CAMERA, 0.005, rng) for i, stop in zip(images, STOPS, strict=True)])


def test_noise_is_no_motion(scenery):
    hdr = scenery(0, 96, 144)
    exposures = take([hdr / hdr.mean()] * 3)
    assert not find_moved(exposures, STOPS, CURVE, 1).any()


def test_a_thing_that_moves_appears_once_and_where_the_middle_exposure_has_it():
    hdr = np.full((96, 144, 3), 0.5, np.float32)
    truth = [scene_with(hdr, left, 0.1) for left in PLACES]
    exposures = take(truth)
    moved = find_moved(exposures, STOPS, CURVE, 1)
    for left in PLACES:
        assert moved[30:54, left : left + 24].all()
    assert moved.mean() < 0.25  # the things are 12.5 % of the picture
    merged = merge(exposures, STOPS, CURVE)
    assert np.abs(np.log2(merged / truth[1])).max() > 1  # it is seen twice or half-transparent
    once = replace_moved(merged, exposures, STOPS, CURVE, moved, 1)
    assert np.abs(np.log2(once / truth[1])).max() < 0.3
    np.testing.assert_array_equal(once[~moved], merged[~moved])


def test_a_thing_that_is_clipped_in_the_middle_exposure_is_taken_from_the_one_that_shows_it():
    hdr = np.full((96, 144, 3), 0.1, np.float32)
    exposures = take([scene_with(hdr, 60, 2.0), scene_with(hdr, 60, 3.0), hdr])
    moved = find_moved(exposures, STOPS, CURVE, 1)
    once = replace_moved(merge(exposures, STOPS, CURVE), exposures, STOPS, CURVE, moved, 1)
    np.testing.assert_allclose(once[40:44, 70:74], 2.0, rtol=0.1)  # the dark exposure's


def test_clipped_and_black_values_contradict_nothing_that_they_may_be():
    light = np.geomspace(1e-4, 100, 96 * 144).reshape(96, 144, 1).repeat(3, 2).astype(np.float32)
    assert not find_moved(take([light] * 3), STOPS, CURVE, 1).any()
