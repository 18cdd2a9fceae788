import numpy as np
import pytest

from metahdr.camera.curve import Curve
from metahdr.camera.family import Camera, draw_camera, draw_curve, draw_likely_curve
from metahdr.camera.response import Response


@pytest.fixture
def camera():
    plain = {"white": 1.0, "balance": np.ones(3), "vignetting": 0.0, "shot": 0.0, "read": 0.0, "noise": 0.0}
    return lambda **facts: Camera(**({"response": Response(0.9, 0.6), "jpeg": None} | plain | facts))


def test_without_noise_the_table_gives_the_light_back(camera, scenery):
    light = scenery(0) / 50
    for white in (1.0, 0.98):
        taken = camera(white=white)
        ldr = taken.expose(light, np.random.default_rng(0))
        back = taken.table(256)[ldr]
        clipped = light >= 1
        assert (ldr[clipped] == round(255 * white)).all()
        # Half a value of 8 bits, times the steepest slope of the inverse response.
        np.testing.assert_allclose(back[~clipped], light[~clipped], atol=0.5 / 255 * 4)


def test_light_falls_off_towards_the_corners_and_is_balanced(camera):
    light = camera(vignetting=0.4, balance=np.array([1, 2, 0.5])).light(np.ones((33, 33, 3), np.float32))
    np.testing.assert_allclose(light[16, 16], [1, 2, 0.5])
    np.testing.assert_allclose(light[0, 0], np.multiply(0.6, [1, 2, 0.5]), rtol=1e-6)


def test_noise_has_the_stated_variance(camera):
    taken = camera(response=Curve(np.linspace(0, 1, 2)), shot=1e-3, read=0.02)
    ldr = taken.expose(np.full((200, 200, 3), 0.4, np.float32), np.random.default_rng(0)) / 255
    assert ldr.std() == pytest.approx((1e-3 * 0.4 + 0.02**2) ** 0.5, rel=0.02)


def test_curves_rise_from_black_to_white_and_differ():
    rng = np.random.default_rng(0)
    curves = np.array([draw_curve(rng).exposures for _ in range(200)])
    assert (curves[:, 0] == 0).all()
    np.testing.assert_allclose(curves[:, -1], 1)
    assert (np.diff(curves) >= 0).all()
    assert np.log2(curves[:, 512]).std() > 0.3  # stops in the middle


def test_a_camera_depends_on_its_generator_alone():
    first, again = (draw_camera(np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(first.table(257), again.table(257))
    assert first.jpeg == again.jpeg


def test_likely_curves_lie_around_what_cameras_were_measured_to_have():
    """The mean of Eilertsen et al. 2017, section 4.1, and about half a stop of spread in the middle."""
    rng = np.random.default_rng(0)
    middle = np.log2([draw_likely_curve(rng).inverse(0.5) for _ in range(400)])
    assert np.median(middle) == pytest.approx(np.log2(Response(0.9, 0.6).inverse(0.5)), abs=0.1)
    assert 0.3 < middle.std() < 0.8
