import numpy as np
import pytest
import torch

from metahdr.config.photometry import Photometry
from metahdr.metrics.cvvdp import _load
from metahdr.metrics.photometry import cd_m2


def test_the_truths_percentile_is_shown_at_the_configured_luminance():
    grey = torch.arange(1.0, 1001.0).reshape(1, 20, 50).expand(3, -1, -1)
    assert cd_m2(grey, Photometry()) == pytest.approx(1000 / 1000)  # 999 values of 1000 are below 1000
    assert cd_m2(grey, Photometry(percentile=50.0, luminance=100.0)) == pytest.approx(100 / 501)
    assert cd_m2(grey, Photometry(percentile=100.0)) == pytest.approx(1)
    assert cd_m2(grey * 7, Photometry()) == pytest.approx(1 / 7)


def test_it_is_the_percentile_of_the_luminance_and_not_of_a_channel():
    green = torch.zeros(3, 10, 10)
    green[1] = 2.0
    assert cd_m2(green, Photometry()) == pytest.approx(1000 / (2 * 0.7152))


def test_a_black_truth_has_a_finite_scale():
    assert cd_m2(torch.zeros(3, 4, 4), Photometry()) == 1000


def test_the_default_pixels_per_degree_are_those_of_the_default_display():
    geometry = _load().vvdp_display_geometry.load(Photometry().display)
    assert Photometry().ppd == pytest.approx(geometry.get_ppd(), abs=0.01)


def test_the_percentile_of_a_large_image_is_numpys():
    image = torch.from_numpy(np.random.default_rng(0).random((1, 300, 400))).expand(3, -1, -1)
    expected = np.percentile(image[0].numpy(), 99.9)
    assert 1000 / cd_m2(image, Photometry()) == pytest.approx(expected, rel=1e-4)
