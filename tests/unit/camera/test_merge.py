import cv2
import numpy as np
import pytest

from metahdr.camera.exposure import expose
from metahdr.camera.merge import inverse_response, merge, srgb_curve
from metahdr.camera.response import Response

LINEAR = np.arange(256) / 255
CAMERA = Response(0.9, 0.6)


def bracket(hdr, stops, response=CAMERA):
    return np.stack([expose(hdr, stop, response) for stop in stops])


@pytest.fixture(scope="module")
def hdr(scenery):
    image = scenery(0)
    return image / image.mean()


def test_the_fixed_curve_is_srgbs():
    # IEC 61966-2-1: 0.04045 is the linear part's end; 188 is 50 % light to within its quantisation
    curve = srgb_curve()
    assert curve[0] == 0 and curve[255] == 1
    assert curve[10] == pytest.approx(10 / 255 / 12.92)
    assert curve[187] < 0.5 < curve[188]


@pytest.mark.parametrize("stops", [(-2.0, 0.0), (0.0, 2.0), (-2.0, 2.0)], ids=str)
@pytest.mark.parametrize("response", [Response(0.9, 0.6), Response(0.7, 0.5), Response(1.1, 0.8)], ids=str)
def test_exposures_without_noise_through_a_known_curve_are_the_radiance_to_within_quantisation(
    hdr, stops, response
):
    exposures = bracket(hdr, stops, response)
    curve = response.inverse(LINEAR)
    with np.errstate(divide="ignore"):
        low, high = (np.log(response.inverse(np.clip(LINEAR + half / 255, 0, 1))) for half in (-0.5, 0.5))
    step = (high - low)[exposures].max(0)  # in log exposure, of the coarser of the two values
    known = ((exposures > 0) & (exposures < 255)).any(0) & (exposures > 0).all(0)
    assert known.mean() > 0.8
    error = np.log(merge(exposures, stops, curve)[known]) - np.log(hdr[known])
    assert (np.abs(error) <= step[known]).all()


@pytest.mark.parametrize("stops", [(-2.0, 0.0), (0.0, 2.0), (-2.0, 2.0)], ids=str)
@pytest.mark.parametrize("response", [Response(0.9, 0.6), Response(0.8, 0.5), Response(1.0, 0.8)], ids=str)
def test_a_curve_that_is_not_known_is_found_from_two_exposures(hdr, stops, response):
    found = inverse_response(bracket(hdr, stops, response), stops)
    true = response.inverse(LINEAR)
    error, blind = (np.log2(curve[10:246] / true[10:246]) for curve in (found, srgb_curve()))
    assert np.sqrt(np.mean(error**2)) < 0.1  # stops
    assert np.sqrt(np.mean(blind**2)) > 0.3


def test_srgb_exposures_have_srgbs_curve(hdr):
    encoded = [np.interp(np.clip(hdr * 2.0**stop, 0, 1), srgb_curve(), np.arange(256)) for stop in (-1, 1)]
    found = inverse_response(np.round(encoded).astype(np.uint8), [-1, 1])
    np.testing.assert_allclose(found[5:], srgb_curve()[5:], rtol=0.02)


def test_the_merge_is_opencvs_where_no_value_is_black_or_saturated():
    grey = np.random.default_rng(0).integers(40, 216, (2, 8, 8, 1), np.uint8)
    exposures = np.repeat(grey, 3, -1)  # OpenCV weights a pixel by the mean of its channels' hats
    stops, curve = [-2.0, 1.5], srgb_curve()
    times, three = np.float32([2.0**stop for stop in stops]), np.repeat(curve[:, None, None], 3, 2)
    # OpenCV's hat goes from 1 to 128, not from 0 to 127, which shifts the mean of logs by a little
    expected = cv2.createMergeDebevec().process([*exposures], times, three.astype(np.float32))
    np.testing.assert_allclose(merge(exposures, stops, curve), expected, rtol=0.02)


def test_the_mean_of_logs_has_the_hats_weights():
    exposures = np.array([[51], [102]], np.uint8)  # weights 51 to 102; radiances 0.2 and 0.4 / 2^2
    assert merge(exposures, [0, 2], LINEAR).item() == pytest.approx(0.2 ** (1 / 3) * 0.1 ** (2 / 3), rel=1e-6)


@pytest.mark.parametrize(
    ("values", "radiance"),
    [
        ((255, 255), 4.0),  # at least where the dark exposure clips
        ((0, 0), 0.0),
        ((0, 255), 0.25),  # at least where the bright one clips
        ((51, 255), 0.8),  # the dark exposure alone
        ((0, 102), 0.1),  # the bright one alone
    ],
    ids=str,
)
def test_what_is_saturated_or_black_is_what_the_exposures_can_say(values, radiance):
    exposures = np.array(values, np.uint8)[:, None]
    assert merge(exposures, [-2, 2], LINEAR).item() == pytest.approx(radiance, rel=1e-6)


def test_the_scale_is_the_scenes_whatever_the_stops_are(hdr):
    exposures = bracket(hdr, [-2, 0])
    curve = inverse_response(exposures, [-2, 0])
    np.testing.assert_allclose(curve, inverse_response(exposures, [1, 3]), rtol=1e-6, atol=1e-12)
    np.testing.assert_allclose(merge(exposures, [1, 3], curve), merge(exposures, [-2, 0], curve) / 8, rtol=1e-5)


@pytest.mark.parametrize("values", [(0, 0), (255, 255), (0, 255)], ids=str)
def test_exposures_that_share_no_pixel_leave_the_fixed_curve(values):
    exposures = np.stack([np.full((4, 4, 3), value, np.uint8) for value in values])
    np.testing.assert_allclose(inverse_response(exposures, [-2, 2]), srgb_curve(), rtol=1e-6)


def test_one_exposure_is_read_by_the_fixed_curve():
    exposure = np.arange(256, dtype=np.uint8)[None]
    label = merge(exposure, [1.0], inverse_response(exposure, [1.0]))
    np.testing.assert_allclose(label, srgb_curve() / 2, rtol=1e-5)


def test_exposures_that_contradict_their_stops_still_give_a_finite_image(hdr):
    exposures = bracket(hdr, [2, -2])  # the wrong way round
    curve = inverse_response(exposures, [-2, 2])
    label = merge(exposures, [-2, 2], curve)
    assert (np.diff(curve) >= 0).all()
    assert np.isfinite(label).all() and label.min() >= 0 and label.max() <= 4


def test_three_exposures_are_merged_like_two(hdr):
    stops = [-2.0, 0.0, 2.0]
    exposures = bracket(hdr, stops)
    label = merge(exposures, stops, inverse_response(exposures, stops))
    known = ((exposures >= 10) & (exposures <= 245)).any(0)
    assert np.sqrt(np.mean(np.log2(label / hdr)[known] ** 2)) < 0.1
