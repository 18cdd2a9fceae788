import numpy as np
import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from metahdr.metrics.fidelity import psnr, ssim


@pytest.fixture
def pairs():
    rng = np.random.default_rng(0)
    truth = rng.random((3, 3, 24, 32)).cumsum(-1) / 32
    return np.clip(truth + rng.normal(0, [[[[0.01]]], [[[0.1]]], [[[0.3]]]], truth.shape), 0, 1), truth


def test_ssim_is_that_of_scikit_image(pairs):
    expected = [
        structural_similarity(
            *pair, data_range=1, channel_axis=0, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
        )
        for pair in zip(*pairs, strict=True)
    ]
    np.testing.assert_allclose(ssim(*map(torch.from_numpy, pairs)), expected, atol=1e-6)


def test_psnr_is_that_of_scikit_image(pairs):
    expected = [peak_signal_noise_ratio(t, p, data_range=1) for p, t in zip(*pairs, strict=True)]
    np.testing.assert_allclose(psnr(*map(torch.from_numpy, pairs)), expected, atol=1e-6)


def test_an_equal_image_scores_1_and_infinity():
    image = torch.rand(1, 3, 16, 16, dtype=torch.float64)
    assert ssim(image, image).item() == pytest.approx(1)
    assert psnr(image, image).item() == np.inf


def test_an_error_of_a_tenth_is_20_db():
    assert psnr(torch.full((1, 3, 4, 4), 0.6), torch.full((1, 3, 4, 4), 0.5)).item() == pytest.approx(20, rel=1e-5)
