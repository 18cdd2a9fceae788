import math

import cv2
import numpy as np
import pytest
import torch

from metahdr.losses.stack import canny_edges, contextual_bilateral_loss, histogram_loss, mu_law_distance


def plane(*values: float) -> torch.Tensor:
    """One row of values of 8 bits, one channel."""
    return torch.tensor(values, dtype=torch.float64).view(1, 1, 1, -1) / 255


def test_equal_histograms_have_no_loss_wherever_the_pixels_are():
    assert histogram_loss(plane(0, 7, 7, 255), plane(7, 255, 0, 7)).item() == 0


def test_the_histogram_loss_of_four_pixels_by_hand():
    # values 0, 7, 7, 9 against 0, 7, 8, 8: counts of 7, 8 and 9 differ by 1, 2 and 1
    assert histogram_loss(plane(0, 7, 7, 9), plane(0, 7, 8, 8)).item() == pytest.approx(4 / 256)


def test_intensities_are_rounded_down():
    assert histogram_loss(plane(7.9, 0.5), plane(7, 0)).item() == 0
    assert histogram_loss(plane(7.9), plane(8)).item() == pytest.approx(2 / 256)


def test_every_value_of_8_bits_is_counted_as_itself_however_it_was_divided():
    values = torch.arange(256).view(1, 1, 1, 256)
    assert histogram_loss(values / 255, values * (1 / 255)).item() == 0


def test_images_and_channels_are_averaged():
    images = torch.cat([plane(3, 3), plane(5, 5)]).repeat(1, 3, 1, 1)
    labels = images.clone()
    labels[1, 2] = 4 / 255
    assert histogram_loss(images, labels).item() == pytest.approx(4 / 256 / 6)


def test_a_pixel_of_an_overfull_count_darkens_and_one_of_a_count_that_lacks_pixels_brightens():
    prediction = plane(8, 8, 20, 0.5).requires_grad_()
    histogram_loss(prediction, plane(8, 20, 20, 30)).backward()
    # counts: 8 has one too many, 20 lacks one, 0 has one too many; the derivative of count l is 1/l, of 0 it is 1
    expected = torch.tensor([1 / 8, 1 / 8, -1 / 20, 1], dtype=torch.float64) * 255 / 256
    torch.testing.assert_close(prediction.grad.flatten(), expected)


def test_the_mu_law_distance_is_the_logarithm_of_the_ratio():
    black, grey, white = (torch.full((1, 3, 2, 2), value) for value in (0.0, 0.01, 1.0))
    assert mu_law_distance(white, black).item() == pytest.approx(math.log(5001))
    assert mu_law_distance(grey, white).item() == pytest.approx(math.log(5001 / 51))
    assert mu_law_distance(grey, black, mu=100.0).item() == pytest.approx(math.log(2))


@pytest.fixture(scope="module")
def scenes(scenery):
    images = np.stack([np.clip(scenery(seed) / 4, 0, 1) ** (1 / 2.2) for seed in (0, 1)])
    return torch.from_numpy(images).permute(0, 3, 1, 2)


def opencv_edges(image: torch.Tensor, sigma: float, low: float = 0.1, high: float = 0.2) -> np.ndarray:
    grey = cv2.cvtColor(image.permute(1, 2, 0).contiguous().numpy(), cv2.COLOR_RGB2GRAY)
    smooth = cv2.GaussianBlur(grey, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
    unit = 4096  # OpenCV takes whole derivatives
    x, y = (np.round(unit * cv2.Sobel(smooth, cv2.CV_32F, dx, 1 - dx)).astype(np.int16) for dx in (1, 0))
    return cv2.Canny(x, y, low * unit, high * unit, L2gradient=True) > 0


@pytest.mark.parametrize("sigma", [1.0, 2.0])
def test_the_edges_are_opencvs_to_within_a_pixel(scenes, sigma):
    found = canny_edges(scenes, sigma)
    assert found.shape == (2, 1, 64, 128)
    assert set(found.unique().tolist()) == {0, 1}
    near = np.ones((3, 3), np.uint8)
    for image, ours in zip(scenes, found[:, 0].numpy(), strict=True):
        theirs = opencv_edges(image, sigma).astype(np.float32)
        inside = np.s_[4:-4, 4:-4]  # the borders are treated differently
        for a, b in ((ours, theirs), (theirs, ours)):
            assert a[inside].mean() > 0.03
            assert cv2.dilate(b, near)[inside][a[inside] > 0].mean() > 0.95


def test_a_step_has_one_edge_and_a_faint_one_has_none():
    image = torch.zeros(2, 3, 32, 32)
    image[0, :, :, 16:] = 1
    image[1, :, :, 16:] = 0.05
    edges = canny_edges(image)
    assert edges[0, 0, 4:-4].sum(-1).eq(1).all()
    assert edges[0, 0, 4:-4, 15:17].sum(-1).eq(1).all()
    assert edges[1].sum() == 0


def brute_force(a: np.ndarray, b: np.ndarray, weight: float) -> float:
    _, height, width = a.shape
    places = list(np.ndindex(height, width))
    nearest = []
    for y, x in places:
        distances = []
        for v, u in places:
            p, q = a[:, y, x], b[:, v, u]
            cosine = p @ q / np.sqrt(p @ p * (q @ q))
            distances.append(1 - cosine + weight * np.hypot((y - v) / height, (x - u) / width))
        nearest.append(min(distances))
    return np.mean(nearest)


@pytest.mark.parametrize("weight", [0.0, 0.1, 2.0])
@pytest.mark.parametrize("rows", [4, 256])
def test_the_contextual_bilateral_loss_is_that_of_all_pairs(weight, rows):
    a, b = np.random.default_rng(0).normal(size=(2, 2, 3, 4, 5))
    expected = np.mean([brute_force(*pair, weight) for pair in zip(a, b, strict=True)])
    found = contextual_bilateral_loss(torch.from_numpy(a), torch.from_numpy(b), weight, rows)
    assert found.item() == pytest.approx(expected)


def test_identical_features_have_no_loss_and_neither_has_their_order_without_a_spatial_weight():
    torch.manual_seed(0)
    features = torch.randn(2, 8, 6, 6)
    assert contextual_bilateral_loss(features, features).item() == pytest.approx(0, abs=1e-6)
    assert contextual_bilateral_loss(features, 3 * features.flip(-1), 0.0).item() == pytest.approx(0, abs=1e-6)
    assert contextual_bilateral_loss(features, features.flip(-1)).item() > 0.01


def test_the_contextual_bilateral_losss_gradient_is_that_of_finite_differences():
    torch.manual_seed(0)
    a, b = (torch.randn(1, 3, 3, 4, dtype=torch.float64, requires_grad=True) for _ in range(2))
    assert torch.autograd.gradcheck(contextual_bilateral_loss, (a, b))


def test_features_of_zeros_have_distance_1_and_a_finite_gradient():
    zeros = torch.zeros(1, 4, 3, 3, requires_grad=True)
    loss = contextual_bilateral_loss(zeros, torch.rand(1, 4, 3, 3))
    loss.backward()
    assert loss.item() == pytest.approx(1)
    assert zeros.grad.isfinite().all()
