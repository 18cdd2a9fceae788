import numpy as np
import pytest

from metahdr.brackets.merge import inverse_response, merge
from metahdr.brackets.prior import curve_prior
from metahdr.camera.exposure import expose
from metahdr.camera.response import Response

LINEAR = np.arange(256) / 255
CAMERA = Response(0.9, 0.6)


def bracket(hdr, stops, response=CAMERA):
    return np.stack([expose(hdr, stop, response) for stop in stops])


@pytest.fixture(scope="module")
def hdr(scenery):
    image = scenery(0)
    return image / image.mean()


def srgb_curve():
    """Exposure of the 256 values of sRGB (IEC 61966-2-1)."""
    return np.where(LINEAR <= 0.04045, LINEAR / 12.92, ((LINEAR + 0.055) / 1.055) ** 2.4)


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
    known = (exposures < 250).any(0) & (exposures > 0).all(0)
    assert known.mean() > 0.8
    error = np.log(merge(exposures, stops, curve)[known]) - np.log(hdr[known])
    assert (np.abs(error) <= step[known]).all()


@pytest.mark.parametrize("stops", [(-2.0, 0.0), (0.0, 2.0), (-2.0, 2.0)], ids=str)
@pytest.mark.parametrize("response", [Response(0.6, 0.6), Response(0.7, 0.4), Response(1.1, 0.8)], ids=str)
def test_a_curve_that_is_not_known_is_found_from_two_exposures(hdr, stops, response):
    found = inverse_response(bracket(hdr, stops, response), stops)
    true = response.inverse(LINEAR)
    error, blind = (np.log2(curve[10:246] / true[10:246]) for curve in (found, _mean_curve()))
    assert np.sqrt(np.mean(error**2)) < 0.1  # stops
    assert np.sqrt(np.mean(blind**2)) > 0.3


def _mean_curve():
    return np.concatenate([[0], np.exp(curve_prior()[0])])


def test_srgb_exposures_have_srgbs_curve(hdr):
    encoded = [np.interp(np.clip(hdr * 2.0**stop, 0, 1), srgb_curve(), np.arange(256)) for stop in (-1, 1)]
    found = inverse_response(np.round(encoded).astype(np.uint8), [-1, 1])
    np.testing.assert_allclose(found[8:], srgb_curve()[8:], rtol=0.05)


@pytest.mark.parametrize("stops", [(-2.0, 0.0), (-2.0, 0.0, 2.0)], ids=str)
def test_a_dark_noisy_bracket_does_not_bend_the_toe(hdr, stops):
    # black values are most of the darkest exposure; those that noise lifts above black must not stand for all
    rng = np.random.default_rng(0)
    exposures = np.stack([expose(hdr / 16, stop, CAMERA, 0.005, rng) for stop in stops])
    found, true = inverse_response(exposures, stops), CAMERA.inverse(LINEAR)
    assert np.std(np.log2(found[8:60] / true[8:60])) < 0.1  # stops; the scale is another question


def test_a_thing_that_moved_does_not_bend_the_curve(hdr):
    # a thing darker than most of the picture: most pixels of its values are its own
    thing = 0.05 * np.linspace(1, 4, 20, dtype=np.float32)[:, None]
    images = [hdr.copy() for _ in range(3)]
    for image, left in zip(images, (2, 45, 88), strict=True):
        image[20:60, left : left + 20] = thing
    stops = [-2.0, 0.0, 2.0]
    exposures = np.stack([expose(image, stop, CAMERA) for image, stop in zip(images, stops, strict=True)])
    found, true = inverse_response(exposures, stops), CAMERA.inverse(LINEAR)
    assert np.sqrt(np.mean(np.log2(found[10:246] / true[10:246]) ** 2)) < 0.05  # stops


def test_jpegs_clipped_pixels_of_250_to_254_are_no_evidence():
    # radiance 3 is clipped in the second exposure, whatever value JPEG gave it
    for smeared in (250, 252, 254, 255):
        exposures = np.array([[[191]], [[smeared]]], np.uint8)
        assert merge(exposures, [-2, 2], LINEAR).item() == pytest.approx(191 / 255 * 4, rel=1e-6)


def test_what_is_250_or_more_in_every_exposure_is_the_value_of_the_darkest():
    exposures = np.array([[[250], [252], [255]], [[255], [251], [255]]], np.uint8)
    expected = np.array([[250], [252], [255]]) / 255 * 4
    np.testing.assert_allclose(merge(exposures, [-2, 2], LINEAR), expected, rtol=1e-6)


def test_radiances_weigh_by_their_inverse_variance():
    # with a straight curve the error is the same in every value, and in radiance smaller by the exposure's factor
    exposures = np.array([[40], [150]], np.uint8)
    dark, bright = 40 / 255, 150 / 255 / 4
    assert merge(exposures, [0, 2], LINEAR).item() == pytest.approx((dark + 16 * bright) / 17, rel=1e-6)
    # below 250 the weight falls over 60 values
    exposures = np.array([[40], [220]], np.uint8)
    dark, bright = 40 / 255, 220 / 255 / 4
    assert merge(exposures, [0, 2], LINEAR).item() == pytest.approx((dark + 8 * bright) / 9, rel=1e-6)


@pytest.mark.parametrize(
    ("values", "radiance"),
    [
        ((255, 255), 4.0),  # at least where the dark exposure clips
        ((0, 0), 0.0),
        ((0, 255), 0.25),  # at least where the bright one clips
        ((51, 255), 0.8),  # the dark exposure alone
        ((0, 102), 0.1 * 256 / 257),  # nearly the bright one alone
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
def test_exposures_that_share_no_pixel_leave_the_priors_mean(values):
    exposures = np.stack([np.full((4, 4, 3), value, np.uint8) for value in values])
    np.testing.assert_allclose(inverse_response(exposures, [-2, 2]), _mean_curve(), rtol=1e-6)


def test_one_exposure_is_read_by_the_priors_mean():
    exposure = np.arange(256, dtype=np.uint8)[None]
    label = merge(exposure, [1.0], inverse_response(exposure, [1.0]))
    np.testing.assert_allclose(label, _mean_curve() / 2, rtol=1e-5)


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
