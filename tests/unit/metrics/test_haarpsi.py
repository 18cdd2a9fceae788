import numpy as np
import pytest
import torch
from scipy.signal import convolve2d

from metahdr.metrics.haarpsi import haarpsi


def reference(first: np.ndarray, second: np.ndarray) -> float:
    """HaarPSI of two `(H, W, 3)` images of values in [0, 255], written from the paper's definition."""
    c, alpha = 30, 4.2

    def convolve(plane, kernel):  # as MATLAB's conv2(..., 'same') centres an even kernel
        return np.rot90(convolve2d(np.rot90(plane, 2), np.rot90(kernel, 2), mode="same"), 2)

    def similarity(a, b):
        return (2 * abs(a) * abs(b) + c) / (a**2 + b**2 + c)

    matrix = np.array([[0.299, 0.587, 0.114], [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]])
    planes = [
        [convolve(image @ row, np.ones((2, 2)) / 4)[::2, ::2] for row in matrix] for image in (first, second)
    ]
    numerator = denominator = 0
    all_weights = []
    for transpose in (False, True):
        coefficients = []
        for scale in (1, 2, 3):
            kernel = 2.0**-scale * np.ones((2**scale, 2**scale))
            kernel[: len(kernel) // 2] *= -1
            kernel = kernel.T if transpose else kernel
            coefficients.append([convolve(p[0], kernel) for p in planes])
        weights = np.maximum(*map(abs, coefficients[2]))
        local = (similarity(*coefficients[0]) + similarity(*coefficients[1])) / 2
        numerator += (weights / (1 + np.exp(-alpha * local))).sum()
        denominator += weights.sum()
        all_weights.append(weights)
    weights = sum(all_weights) / 2
    box = np.ones((2, 2)) / 4
    local = sum(similarity(*(convolve(p[channel], box) for p in planes)) for channel in (1, 2)) / 2
    numerator += (weights / (1 + np.exp(-alpha * local))).sum()
    denominator += weights.sum()
    share = numerator / denominator
    return (np.log(share / (1 - share)) / alpha) ** 2


@pytest.mark.parametrize("size", [(32, 48), (17, 24)])
def test_the_index_is_that_of_the_papers_formula(scenery, size):
    rng = np.random.default_rng(0)
    truth = np.clip(scenery(0, *size) / 20, 0, 1).astype(np.float64)
    for other in (truth**0.8, np.clip(truth + rng.normal(0, 0.05, truth.shape), 0, 1), truth[:, ::-1]):
        ours = haarpsi(*(torch.from_numpy(image.transpose(2, 0, 1).copy())[None] for image in (other, truth)))
        assert ours.item() == pytest.approx(reference(255 * other, 255 * truth), rel=1e-9)


def test_each_image_of_a_batch_has_its_own_index():
    torch.manual_seed(0)
    first, second = torch.rand(2, 2, 3, 16, 16)
    apart = torch.cat([haarpsi(first[i : i + 1], second[i : i + 1]) for i in range(2)])
    torch.testing.assert_close(haarpsi(first, second), apart)


def test_equal_images_have_index_1_even_where_both_are_black():
    torch.manual_seed(0)
    image = torch.rand(1, 3, 16, 16)
    for same in (image, torch.zeros_like(image)):
        assert haarpsi(same, same).item() == pytest.approx(1, abs=1e-5)


def test_against_a_black_image_all_gradients_are_finite():
    torch.manual_seed(0)
    black = torch.zeros(1, 3, 16, 16, requires_grad=True)
    (gradient,) = torch.autograd.grad(haarpsi(black, torch.rand(1, 3, 16, 16)).sum(), black, create_graph=True)
    (second,) = torch.autograd.grad(gradient.sum(), black)
    assert gradient.isfinite().all() and second.isfinite().all()
