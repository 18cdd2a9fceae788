import pytest
import torch

from metahdr.losses.radiance import FLOOR, radiance_loss, response_loss


def test_the_truth_has_no_loss():
    truth = torch.rand(2, 3, 16, 16) * 4
    assert sum(radiance_loss(truth, truth).values()) == 0
    assert response_loss(truth[:, 0, 0], truth[:, 0, 0]) == 0


def test_half_the_light_is_one_stop():
    """Everywhere, and once more because all of it is clipped; no colour and no gradient."""
    truth = torch.rand(1, 3, 16, 16) + 3
    terms = radiance_loss(truth / 2 - FLOOR / 2, truth)
    assert terms["log"].item() == pytest.approx(2, abs=1e-4)
    assert terms["colour"].item() == pytest.approx(0, abs=1e-4)
    assert terms["gradient"].item() == pytest.approx(0, abs=1e-4)


def test_a_grey_highlight_lacks_colour():
    """Channels of 1, 2 and 4 against their geometric mean: errors of 1, 0 and 1 stop, with half the weight."""
    truth = torch.tensor([2.0, 4.0, 8.0]).view(1, 3, 1, 1).expand(1, 3, 8, 8)
    assert radiance_loss(torch.full_like(truth, 4), truth)["colour"].item() == pytest.approx(1 / 3, abs=1e-3)


def test_a_single_clipped_pixel_counts_as_a_hundredth():
    truth = torch.full((1, 3, 20, 20), 0.5)
    truth[..., 0, 0] = 4
    prediction = truth.clone()
    prediction[..., 0, 0] = 1
    assert radiance_loss(prediction, truth)["log"].item() == pytest.approx(2 / 400 + 2 / 4, rel=1e-2)
