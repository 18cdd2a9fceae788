import math

import numpy as np
import pytest
import torch
from skimage.metrics import structural_similarity

from metahdr.metrics.cvvdp import _load
from metahdr.metrics.photometry import luminance_of_batch
from metahdr.metrics.pu21 import pu21, pu21_psnr, pu21_ssim


@pytest.mark.parametrize(
    ("light", "value", "tolerance"),
    [
        (0.005, 5.4705e-10, 1e-8),
        (10000, 595.3939, 1e-4),
        (100, 256, 0.5),
    ],  # of the authors' own code; the last: about
)
def test_pu21_has_its_published_anchors(light, value, tolerance):
    assert pu21(torch.tensor(light, dtype=torch.float64)).item() == pytest.approx(value, abs=tolerance)


def test_pu21_is_that_of_the_authors_other_package():
    _load()
    from pycvvdp.utils import PU

    light = torch.logspace(-2.3, 4, 50, dtype=torch.float64)
    torch.testing.assert_close(pu21(light), PU().encode(light), rtol=1e-9, atol=1e-7)


def test_beyond_its_range_pu21_stays_at_its_ends():
    assert pu21(torch.tensor([0.0, 1e6])).tolist() == pu21(torch.tensor([0.005, 1e4])).tolist()


def test_the_psnr_is_that_of_the_encoded_luminance_with_peak_256():
    truth, prediction = torch.full((1, 3, 4, 4), 100.0), torch.full((1, 3, 4, 4), 50.0)
    error = (pu21(torch.tensor(100.0)) - pu21(torch.tensor(50.0))).item()
    assert pu21_psnr(prediction, truth).item() == pytest.approx(20 * math.log10(256 / error), abs=1e-3)


def test_the_psnr_of_a_region_is_that_of_its_pixels():
    truth = torch.full((1, 3, 2, 2), 100.0)
    prediction = truth * torch.tensor([[1.0, 0.5], [0.1, 1.0]])
    masks = torch.tensor([[[False, True], [False, False]], [[False, False], [True, True]]])
    errors = [(256 - pu21(torch.tensor(y))).item() ** 2 for y in (50.0, 10.0)]
    expected = [20 * math.log10(256 / math.sqrt(e)) for e in (errors[0], errors[1] / 2)]
    assert pu21_psnr(prediction, truth, masks).tolist() == pytest.approx(expected, abs=0.1)


def test_the_ssim_is_scikit_images_of_the_encoded_luminance(scenery):
    truth = torch.from_numpy(scenery(0, 24, 32).transpose(2, 0, 1)[None] * 20).double()
    prediction = truth * torch.from_numpy(np.random.default_rng(0).uniform(0.5, 2, truth.shape))
    encoded = [pu21(luminance_of_batch(image))[0].numpy() for image in (truth, prediction)]
    settings = {"data_range": 256, "gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    expected = structural_similarity(*encoded, **settings)
    assert pu21_ssim(prediction, truth).item() == pytest.approx(expected, abs=1e-6)
    assert 0.1 < expected < 0.98
