import math

import pytest
import torch

from metahdr.metrics.hdr import log_rmse, pu21, pu21_psnr


@pytest.mark.parametrize(
    ("luminance", "value", "tolerance"),
    [
        (0.005, 5.4705e-10, 1e-8),
        (10000, 595.3939, 1e-4),
        (100, 256, 0.5),
    ],  # of the authors' own code; the last: about
)
def test_pu21_has_its_published_anchors(luminance, value, tolerance):
    encoded = pu21(torch.tensor(luminance, dtype=torch.float64)).item()
    assert encoded == pytest.approx(value, abs=tolerance)


def test_a_prediction_two_stops_too_bright_is_two_stops_off():
    truth = torch.rand(2, 3, 5, 5) + 0.1
    torch.testing.assert_close(log_rmse(4 * truth, truth), torch.full((2,), 2.0))


def test_only_the_mask_counts():
    truth = torch.full((1, 3, 2, 2), 0.5)
    prediction = truth * torch.tensor([[1.0, 2.0], [8.0, 1.0]])
    mask = torch.tensor([[[True, True], [False, False]]])
    assert log_rmse(prediction, truth, mask).item() == pytest.approx(math.sqrt((0 + 1) / 2))
    assert log_rmse(prediction, truth).item() == pytest.approx(math.sqrt((1 + 9) / 4))
    assert log_rmse(prediction, truth, torch.zeros_like(mask)).isnan().all()


def test_differences_in_what_the_exposure_cannot_see_do_not_count():
    assert log_rmse(torch.zeros(1, 3, 2, 2), torch.full((1, 3, 2, 2), 1 / 300)) == 0


def test_pu21_psnr_is_that_of_the_encoded_luminance():
    truth, prediction = torch.full((1, 3, 4, 4), 1.0), torch.full((1, 3, 4, 4), 0.5)
    error = (pu21(torch.tensor(100.0)) - pu21(torch.tensor(50.0))).item()
    assert pu21_psnr(prediction, truth).item() == pytest.approx(20 * math.log10(256 / error), abs=1e-3)
