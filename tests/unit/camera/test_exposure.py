import numpy as np
import pytest
from scipy.stats import gmean

from metahdr.camera.exposure import (
    black_share,
    clipping_scale,
    expose,
    expose_percentile,
    quantise,
    saturated_share,
)
from metahdr.camera.response import Response
from metahdr.images.luminance import metered_scale

RESPONSE = Response(0.9, 0.6)


def test_eight_bits_are_rounded_and_clipped():
    assert quantise(np.array([-1, 0, 0.49 / 255, 0.51 / 255, 0.5, 1, 7])).tolist() == [0, 0, 0, 1, 128, 255, 255]


def test_an_exposure_is_the_clipped_radiance_through_the_response():
    ldr = expose(np.array([[[0.2, 1.0, 3.0]]], np.float32), -1.0, Response(1, 1))
    assert ldr.tolist() == [[[46, 170, 255]]]  # 255 * 2x / (x + 1) of 0.1, 0.5 and 1


def test_one_stop_doubles_the_light(scenery):
    hdr = scenery(0) * 0.1
    np.testing.assert_array_equal(expose(hdr, 1.0, RESPONSE), expose(2 * hdr, 0.0, RESPONSE))


def test_noise_has_the_asked_for_deviation_in_display_referred_units():
    hdr = np.full((100, 100, 3), 0.18, np.float32)
    ldr = expose(hdr, 0.0, RESPONSE, 0.02, np.random.default_rng(0)) / 255
    quantisation = 1 / 255 / np.sqrt(12)
    assert ldr.std() == pytest.approx(np.hypot(0.02, quantisation), rel=0.02)
    assert ldr.mean() == pytest.approx(float(RESPONSE(np.float64(0.18))), abs=1e-3)


@pytest.mark.parametrize(
    "response",
    [
        RESPONSE,
        Response(0.8502524373809193, 0.5535163260128049),  # f(1) is below 1 in single precision
    ],
)
def test_a_saturated_pixel_stays_saturated_under_noise(response):
    ldr = expose(np.full((32, 32, 3), 5, np.float32), 0.0, response, 0.02, np.random.default_rng(0))
    assert ldr.min() == 255


def test_jpeg_keeps_shape_and_colours_and_costs_more_at_low_quality(scenery):
    hdr = scenery(0, 32, 48) * [1, 0.5, 0.1]
    hdr = hdr * metered_scale(hdr)
    plain, fine, coarse = (expose(hdr, 0.0, RESPONSE, jpeg_quality=quality) for quality in (None, 95, 10))
    assert fine.shape == plain.shape
    assert fine.dtype == np.uint8
    np.testing.assert_allclose(fine.mean((0, 1)), plain.mean((0, 1)), atol=3)
    error = [np.abs(image.astype(float) - plain).mean() for image in (fine, coarse)]
    assert 0 < error[0] < error[1]


def test_metering_brings_the_log_average_luminance_to_middle_grey(scenery):
    hdr = scenery(0)
    luminance = hdr.astype(np.float64) @ [0.2126, 0.7152, 0.0722]
    assert gmean(luminance * metered_scale(hdr), axis=None) == pytest.approx(0.18, rel=1e-4)


def test_black_pixels_count_as_a_ten_thousandth_of_the_median():
    hdr = np.ones((2, 2, 3), np.float32)
    hdr[0, 0] = 0
    assert metered_scale(hdr) == pytest.approx(1.8, rel=1e-4)  # 0.18 / (1e-4)^(1/4)


def test_the_white_point_of_an_exposure_is_found_from_its_saturated_share(scenery):
    hdr = scenery(3)
    ldr = expose(hdr / 4, 0.0, RESPONSE)
    assert clipping_scale(hdr, ldr) == pytest.approx(1 / 4, rel=0.02)


@pytest.mark.parametrize("level", [0, 254, 255])
def test_without_a_clipping_edge_there_is_no_white_point(scenery, level):
    assert clipping_scale(scenery(3), np.full((64, 128, 3), level, np.uint8)) is None


def test_a_percentile_exposure_by_hand():
    hdr = np.repeat(np.arange(101, dtype=np.float32)[None, :, None], 3, -1)
    ldr, white = expose_percentile(hdr, [10, 90])
    assert white == 90
    # 255 ((value - 10) / 80)^(1 / 2.2)
    assert ldr[0, [0, 10, 30, 50, 90, 100], 0].tolist() == [0, 0, 136, 186, 255, 255]


def test_a_pixel_is_saturated_in_one_channel_and_black_in_all():
    ldr = np.array([[[255, 0, 0], [254, 254, 254], [0, 0, 0], [0, 0, 1]]], np.uint8)
    assert (saturated_share(ldr), black_share(ldr)) == (0.25, 0.25)
