import pytest
import torch

from metahdr.losses import expandnet_loss


def image(*pixels: tuple[float, float, float]) -> torch.Tensor:
    return torch.tensor(pixels, dtype=torch.float32).T[None, :, None]


def test_the_loss_of_two_pixels_by_hand():
    prediction, label = image((1, 0, 0), (0, 1, 0)), image((1, 0, 0), (1, 0, 0))
    # l1: (1 + 1) / 6; cosines: 1 and 0
    assert expandnet_loss(prediction, label).item() == pytest.approx(1 / 3 + 5 * (1 - 1 / 2))
    assert expandnet_loss(prediction, label, lam=0).item() == pytest.approx(1 / 3)


def test_the_cosine_term_sees_colour_not_brightness():
    prediction, label = image((0.1, 0.2, 0.3)), image((0.2, 0.4, 0.6))
    assert expandnet_loss(prediction, label).item() == pytest.approx((0.1 + 0.2 + 0.3) / 3, rel=1e-4)


def test_an_equal_image_has_no_loss():
    same = torch.rand(2, 3, 4, 4) + 0.1
    assert expandnet_loss(same, same).item() == pytest.approx(0, abs=1e-5)


def test_a_pixel_black_in_both_counts_as_the_reference_counts_it():
    black = image((0, 0, 0))
    assert expandnet_loss(black, black).item() == pytest.approx(5)
