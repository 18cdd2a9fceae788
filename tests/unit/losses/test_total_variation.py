import numpy as np
import pytest
import torch

from metahdr.losses.total_variation import total_variation


def test_of_four_pixels_it_is_the_mean_step_down_and_the_mean_step_across():
    image = torch.tensor([[1.0, 2], [4, 8]]).view(1, 1, 2, 2)
    assert total_variation(image).item() == (3 + 6) / 2 + (1 + 4) / 2


def test_of_a_batch_it_is_numpys():
    x = np.random.default_rng(0).random((2, 3, 5, 7))
    expected = np.abs(np.diff(x, axis=2)).mean() + np.abs(np.diff(x, axis=3)).mean()
    found = total_variation(torch.from_numpy(x))
    assert found.shape == ()
    assert found.item() == pytest.approx(expected)


def test_an_even_image_has_none():
    assert total_variation(torch.full((1, 3, 4, 4), 0.3)).item() == 0
