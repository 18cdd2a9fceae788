import math

import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio

from metahdr.metrics.fidelity import psnr
from metahdr.metrics.hdr import log_rmse, mu_law, mu_psnr


def test_a_prediction_two_stops_too_bright_is_two_stops_off():
    truth = torch.rand(2, 3, 5, 5) + 0.1
    torch.testing.assert_close(log_rmse(4 * truth, truth), torch.full((2,), 2.0))


def test_only_the_mask_counts_and_an_image_can_have_several():
    truth = torch.full((1, 3, 2, 2), 0.5)
    prediction = truth * torch.tensor([[1.0, 2.0], [8.0, 1.0]])
    masks = torch.tensor([[[True, True], [False, False]], [[True, True], [True, True]]])
    values = log_rmse(prediction, truth, masks)
    assert values.tolist() == pytest.approx([math.sqrt((0 + 1) / 2), math.sqrt((1 + 9) / 4)])
    assert log_rmse(prediction, truth).item() == pytest.approx(math.sqrt((1 + 9) / 4))
    assert log_rmse(prediction, truth, torch.zeros_like(masks)).isnan().all()


def test_light_below_the_black_level_is_black():
    truth = torch.full((1, 3, 2, 2), 0.004)
    assert log_rmse(torch.zeros_like(truth), truth) == 0
    assert log_rmse(torch.zeros_like(truth), truth + 1).item() == pytest.approx(math.log2(1.004 / 0.005), rel=1e-4)


def test_the_mu_law_has_its_closed_form():
    values = mu_law(torch.tensor([0.0, 1 / 5000, 1.0], dtype=torch.float64)).tolist()
    assert values == pytest.approx([0, math.log(2) / math.log(5001), 1])


def test_psnr_after_the_mu_law_and_of_values_above_1_is_scikit_images():
    torch.manual_seed(0)
    prediction, truth = 3 * torch.rand(2, 1, 3, 8, 8, dtype=torch.float64)
    for ours, curve in ((psnr, lambda x: x), (mu_psnr, lambda x: torch.log(1 + 5000 * x) / math.log(5001))):
        expected = peak_signal_noise_ratio(curve(truth).numpy(), curve(prediction).numpy(), data_range=1)
        assert ours(prediction, truth).item() == pytest.approx(expected)
