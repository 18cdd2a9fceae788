import math

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter
from skimage.metrics import structural_similarity

from metahdr.losses.fidelity import expandnet_loss, haarpsi_mse_loss, mu_law_loss, ssim_l1_loss
from metahdr.losses.hdrcnn import hdrcnn_log_loss, hdrcnn_loss, ir_loss
from metahdr.losses.make import make_loss
from metahdr.metrics.haarpsi import haarpsi
from metahdr.registry import LOSSES
from metahdr.weights.lpips import load_lpips


def image(*pixels: tuple[float, float, float]) -> torch.Tensor:
    return torch.tensor(pixels, dtype=torch.float32).T[None, :, None]


def test_the_loss_of_two_pixels_by_hand():
    prediction, label = image((1, 0, 0), (0, 1, 0)), image((1, 0, 0), (1, 0, 0))
    # l1: (1 + 1) / 6; cosines: 1 and 0
    assert expandnet_loss(prediction, label).item() == pytest.approx(1 / 3 + 5 * (1 - 1 / 2))
    assert expandnet_loss(prediction, label, loss_lambda=0).item() == pytest.approx(1 / 3)


def test_the_cosine_term_sees_colour_not_brightness():
    prediction, label = image((0.1, 0.2, 0.3)), image((0.2, 0.4, 0.6))
    assert expandnet_loss(prediction, label).item() == pytest.approx((0.1 + 0.2 + 0.3) / 3, rel=1e-4)


def test_the_cosine_and_its_derivatives_are_those_of_pytorch():
    torch.manual_seed(0)
    prediction = torch.rand(2, 3, 5, 4, dtype=torch.float64, requires_grad=True)
    label = torch.rand(2, 3, 5, 4, dtype=torch.float64)
    cosine = torch.nn.functional.cosine_similarity(prediction, label, dim=1).mean()
    expected = torch.nn.functional.l1_loss(prediction, label) + 5 * (1 - cosine)
    ours = expandnet_loss(prediction, label)
    torch.testing.assert_close(ours, expected)
    first = [torch.autograd.grad(loss, prediction, create_graph=True)[0] for loss in (ours, expected)]
    torch.testing.assert_close(*first)
    torch.testing.assert_close(*(torch.autograd.grad(grad.square().sum(), prediction)[0] for grad in first))


@pytest.mark.parametrize("name", LOSSES)
def test_an_equal_image_has_no_loss_and_another_has_one(name, vgg16_file):
    torch.manual_seed(0)
    loss = make_loss(name, vgg16=str(vgg16_file))
    same, other = torch.rand(2, 2, 3, 16, 16) + 0.1
    assert loss(same, same).item() == pytest.approx(0, abs=1e-5)
    assert loss(other, same).item() > 0.01


def test_a_pixel_black_in_both_counts_as_the_reference_counts_it():
    black = image((0, 0, 0))
    assert expandnet_loss(black, black).item() == pytest.approx(5)


def test_hdrcnns_log_loss_is_the_squared_log_error_where_the_input_is_saturated():
    target = torch.full((1, 3, 1, 3), 4.0)
    y = torch.full_like(target, math.log(4 + 1 / 255) + 2)
    alpha = torch.tensor([1.0, 0.0, 0.5]).view(1, 1, 1, 3)
    assert hdrcnn_log_loss(y, target, alpha).item() == pytest.approx((2**2 + 0 + 1**2) / 3, rel=1e-5)
    assert hdrcnn_log_loss(torch.log(target + 1 / 255), target, alpha).item() == 0


@pytest.mark.parametrize(("lam", "sigma"), [(0.5, 2.0), (0.2, 3.7)])
def test_hdrcnns_loss_parts_illumination_and_reflectance_as_the_paper_does(lam, sigma):
    rng = np.random.default_rng(0)
    target, prediction = rng.gamma(1, 2, (3, 24, 20)), rng.gamma(1, 2, (3, 24, 20))
    alpha = rng.random((1, 24, 20))

    def parts(image):
        luminance = np.tensordot([0.213, 0.715, 0.072], image, 1)
        illumination = gaussian_filter(np.log(luminance + 1 / 255), sigma, mode="nearest", radius=round(3 * sigma))
        return illumination, np.log(image + 1 / 255) - illumination

    errors = [a - b for a, b in zip(parts(prediction), parts(target), strict=True)]
    expected = lam * ((alpha[0] * errors[0]) ** 2).mean() + (1 - lam) * ((alpha * errors[1]) ** 2).mean()
    y, target, alpha = (torch.from_numpy(a)[None] for a in (np.log(prediction + 1 / 255), target, alpha))
    assert hdrcnn_loss(y, target, alpha, lam, sigma).item() == pytest.approx(expected, rel=1e-6)


def test_a_prediction_uniformly_brighter_is_wrong_in_illumination_alone():
    target = torch.full((1, 3, 16, 16), 2.0)
    y = torch.log(target + 1 / 255) + 1
    everywhere = torch.ones(1, 1, 16, 16)
    assert hdrcnn_loss(y, target, everywhere, lam=0.5).item() == pytest.approx(0.5, rel=1e-4)
    assert hdrcnn_loss(y, target, everywhere, lam=0.0).item() == pytest.approx(0, abs=1e-6)


def test_ssim_and_l1_count_half_each():
    torch.manual_seed(0)
    prediction, label = torch.rand(1, 3, 20, 24), torch.rand(1, 3, 20, 24)
    arrays = [image[0].permute(1, 2, 0).double().numpy() for image in (prediction, label)]
    similarity = structural_similarity(
        *arrays, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=1, channel_axis=-1
    )
    expected = 0.5 * (1 - similarity) + 0.5 * np.abs(arrays[0] - arrays[1]).mean()
    assert ssim_l1_loss(prediction, label).item() == pytest.approx(expected, abs=1e-5)


def test_the_mu_law_weighs_the_dark():
    black, grey, white = (torch.full((1, 3, 2, 2), value) for value in (0.0, 0.01, 1.0))
    assert mu_law_loss(white, black).item() == pytest.approx(1)
    assert mu_law_loss(grey, black).item() == pytest.approx(math.log(51) / math.log(5001))


def test_the_ir_loss_of_a_uniformly_brighter_image_is_half_the_squared_log_ratio():
    label = torch.full((1, 3, 16, 16), 0.2)
    brighter = (label + 1 / 255) * math.exp(0.3) - 1 / 255
    assert ir_loss(brighter, label).item() == pytest.approx(0.5 * 0.3**2, rel=1e-3)
    assert ir_loss(label, label).item() == pytest.approx(0, abs=1e-10)


def test_haarpsi_and_the_squared_error_are_added():
    torch.manual_seed(0)
    prediction, label = torch.rand(2, 2, 3, 16, 16)
    expected = 1 - haarpsi(prediction, label).mean() + (prediction - label).square().mean()
    torch.testing.assert_close(haarpsi_mse_loss(prediction, label), expected)


def test_lpips_alone_is_the_mean_of_the_images_and_with_l1_counts_half(vgg16_file):
    torch.manual_seed(0)
    prediction, label = torch.rand(2, 2, 3, 16, 16)
    distance = load_lpips("vgg", vgg16_file, "meta.vgg16")(prediction, label)
    alone, both = (make_loss(name, vgg16=str(vgg16_file)) for name in ("lpips", "lpips_l1"))
    torch.testing.assert_close(alone(prediction, label), (distance[0] + distance[1]) / 2)
    l1 = (prediction - label).abs().mean()
    torch.testing.assert_close(both(prediction, label), (distance[0] + distance[1]) / 4 + l1 / 2)


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_has_a_second_derivative(name, vgg16_file):
    torch.manual_seed(0)
    loss = make_loss(name, vgg16=str(vgg16_file))
    label = torch.rand(1, 3, 16, 16, dtype=torch.float64)
    x = torch.rand(1, 3, 16, 16, dtype=torch.float64, requires_grad=True)
    direction = torch.randn_like(x)

    def gradient_at(shift):
        shifted = (x + shift * direction).detach().requires_grad_()
        return torch.autograd.grad(loss(shifted, label), shifted)[0]

    (gradient,) = torch.autograd.grad(loss(x, label), x, create_graph=True)
    (product,) = torch.autograd.grad((gradient * direction).sum(), x)
    finite = (gradient_at(1e-6) - gradient_at(-1e-6)) / 2e-6
    torch.testing.assert_close(product, finite, rtol=1e-4, atol=1e-7)
