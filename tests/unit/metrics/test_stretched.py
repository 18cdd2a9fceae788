"""PSNR and SSIM of log images that are stretched to [0, 1]."""

import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from metahdr.metrics.stretched import log_psnr, log_ssim, stretched_log
from metahdr.nets.mobilenet_autoencoder import normalise_target


def test_values_worked_by_hand():
    truth = torch.zeros(1, 3, 16, 16, dtype=torch.float64)
    truth[..., :8, :] = 3  # log 4; the middle of the scale is log 2
    torch.testing.assert_close(stretched_log(truth)[..., 0, 0], torch.ones(1, 3, dtype=torch.float64))
    prediction = truth.clone()
    prediction[..., :4, :] = 1  # a quarter of the image is off by a half
    assert log_psnr(prediction, truth).item() == pytest.approx(-10 * torch.tensor(0.25 * 0.25).log10().item())
    assert log_psnr(7 * truth, truth).item() == torch.inf, "each image has its own scale, of two values"
    assert log_psnr(torch.ones_like(truth), truth).item() == pytest.approx(-10 * torch.tensor(0.5).log10().item())


def test_they_are_another_librarys_of_the_network_s_own_images(scenery):
    torch.manual_seed(0)
    truth = torch.from_numpy(scenery(0, 64, 64).transpose(2, 0, 1)[None].copy()).double()
    prediction = truth * (1 + 0.1 * torch.rand_like(truth))
    ours, theirs = (((normalise_target(x) + 1) / 2)[0].numpy() for x in (prediction, truth))
    expected = peak_signal_noise_ratio(theirs, ours, data_range=1)
    assert log_psnr(prediction, truth).item() == pytest.approx(expected, rel=1e-6)
    expected = structural_similarity(
        theirs, ours, data_range=1, channel_axis=0, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
    )
    assert log_ssim(prediction, truth).item() == pytest.approx(expected, rel=1e-6)
