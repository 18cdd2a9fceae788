import numpy as np
import pytest

from metahdr.brackets.handheld import merge_bracket
from metahdr.camera.curve import Curve
from metahdr.camera.exposure import expose
from metahdr.camera.response import Response
from metahdr.errors import UserError

CAMERA, STOPS = Response(0.8, 0.5), [-2.0, 0.0, 2.0]
KNOWN = Curve(CAMERA.inverse(np.linspace(0, 1, 257)))


def take(hdr):
    rng = np.random.default_rng(0)
    return np.stack([expose(hdr, stop, CAMERA, 0.005, rng) for stop in STOPS])


@pytest.fixture(scope="module")
def hdr(scenery):
    image = scenery(0, 128, 160)
    return image / image.mean()


@pytest.mark.parametrize("curve", [None, KNOWN], ids=["calibrated", "known"])
def test_a_bracket_is_the_radiance_where_an_exposure_shows_it(hdr, curve):
    exposures = take(hdr)
    merged = merge_bracket(exposures, STOPS, curve)
    shown = ((exposures > 10) & (exposures < 245)).any(0)
    assert np.sqrt(np.mean(np.log2(merged.radiance / hdr)[shown] ** 2)) < 0.1  # stops
    np.testing.assert_array_equal(merged.clipped, (exposures.min(0) >= 250).any(-1))
    assert not merged.shifts.any() and not merged.moved.any()
    assert curve is None or merged.curve is curve


def test_exposures_in_any_order_are_the_same_picture(hdr):
    exposures = take(hdr)
    first = merge_bracket(exposures, STOPS)
    turned = merge_bracket(exposures[[2, 0, 1]], [2.0, -2.0, 0.0])
    np.testing.assert_allclose(turned.radiance, first.radiance, rtol=1e-4)


def test_a_shift_is_undone(hdr):
    still = take(hdr)
    moved = np.stack([still[0, 5:, :-3], still[1, 5:, 3:], still[2, :-5, 3:]])
    merged = merge_bracket(moved, STOPS, KNOWN)
    assert merged.shifts.tolist() == [[3, 0], [0, 0], [0, 5]]
    expected = merge_bracket(still, STOPS, KNOWN).radiance[5:, 3:]
    height, width = merged.radiance.shape[:2]
    np.testing.assert_allclose(merged.radiance, expected[:height, :width], rtol=1e-5)


def test_exposures_of_two_views_are_refused(hdr, scenery):
    other = scenery(7, 128, 160)
    exposures = take(hdr)
    exposures[2] = take(other / other.mean())[2]
    with pytest.raises(UserError, match="contradict one another in .*one view"):
        merge_bracket(exposures, STOPS, KNOWN)


@pytest.mark.parametrize("stops", [[0.0], [1.0, 1.0]])
def test_a_bracket_needs_different_exposures(stops):
    with pytest.raises(UserError, match="two or more different exposures; found EV"):
        merge_bracket(np.zeros((len(stops), 4, 4, 3), np.uint8), stops)
