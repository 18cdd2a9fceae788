import math

import numpy as np
import pytest
import torch

from metahdr.brackets.merge import merge
from metahdr.brackets.synthesis import estimate_response, hat, log_exposure, synthesise
from metahdr.camera.exposure import expose
from metahdr.camera.response import Response

CAMERA = Response(0.9, 0.6)
STOPS = [-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0]


def true_curve() -> np.ndarray:
    """Log exposure of the 256 values; black has half the exposure of value 1."""
    exposures = CAMERA.inverse(np.arange(256) / 255)
    exposures[0] = exposures[1] / 2
    return np.log(exposures)


def random_curves(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, 256, dtype=torch.float64, generator=torch.Generator().manual_seed(0)).cumsum(-1)


def column(*values: float) -> torch.Tensor:
    """One pixel of 8 bits in several exposures, one channel."""
    return torch.tensor(values, dtype=torch.float64).view(1, -1, 1, 1, 1) / 255


@pytest.fixture(scope="module")
def hdr(scenery):
    image = scenery(0)
    return image / image.mean()


@pytest.fixture(scope="module")
def stack(hdr):
    exposures = np.stack([expose(hdr, stop, CAMERA) for stop in STOPS])
    return torch.from_numpy(exposures).permute(0, 3, 1, 2)[None] / 255


def test_between_whole_values_the_gradient_is_that_of_finite_differences():
    torch.manual_seed(0)
    whole = torch.randint(0, 255, (2, 2, 3, 2, 2))
    z = ((whole + 0.1 + 0.8 * torch.rand(whole.shape, dtype=torch.float64)) / 255).requires_grad_()
    g = random_curves(2, 3)
    assert torch.autograd.gradcheck(lambda z: log_exposure(z, g), z)


def test_the_function_is_the_curve_and_between_its_values_linear():
    torch.manual_seed(0)
    z, g = torch.rand(1, 1, 1, 1, 500, dtype=torch.float64), random_curves()
    expected = np.interp(255 * z, np.arange(256), g)
    np.testing.assert_allclose(log_exposure(z, g), expected, rtol=1e-9, atol=2e-3)  # a knot counts 0.001 further
    whole = torch.arange(256).view(1, 1, 1, 1, 256) / 255
    torch.testing.assert_close(log_exposure(whole, g.float()).flatten(), g.float())


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_at_whole_values_the_gradient_is_equation_3(dtype):
    g = random_curves().to(dtype)
    for values in (torch.arange(256).to(dtype) / 255, torch.arange(256).to(dtype) * (1 / 255)):
        z = values.view(1, 1, 1, 1, 256).requires_grad_()
        (gradient,) = torch.autograd.grad(log_exposure(z, g).sum(), z)
        expected = torch.cat([g[:1], g[1:] - g[:-1]])
        torch.testing.assert_close(gradient.flatten(), 255 * expected)


def test_each_image_and_channel_has_its_own_curve():
    g = random_curves(2, 3)
    looked_up = log_exposure(torch.full((2, 4, 3, 1, 1), 100 / 255, dtype=torch.float64), g)
    torch.testing.assert_close(looked_up[..., 0, 0], g[:, None, :, 100].expand(2, 4, 3))
    one = log_exposure(torch.full((2, 4, 3, 1, 1), 100 / 255, dtype=torch.float64), g[0])
    torch.testing.assert_close(one[..., 0, 0], g[0, :, 100].expand(2, 4, 3))


def test_the_weight_is_a_triangle():
    torch.testing.assert_close(hat(torch.tensor([0, 0.25, 0.5, 0.9, 1])), torch.tensor([0, 0.5, 1, 0.2, 0]))


def test_two_exposures_of_one_pixel_by_hand():
    g = torch.from_numpy(true_curve())
    values = (51, 153)
    weights = [2 * 51 / 255, 2 * (1 - 153 / 255)]
    logs = [g[51] + math.log(2), g[153] - math.log(2)]
    expected = math.exp(sum(w * e for w, e in zip(weights, logs, strict=True)) / sum(weights))
    stack = column(*values).requires_grad_()
    radiance = synthesise(stack, [-1, 1], g)
    assert radiance.item() == pytest.approx(expected)
    radiance.backward()
    for found, value, weight in zip(stack.grad.flatten(), values, weights, strict=True):
        slope = 255 * (g[value] - g[value - 1])
        assert found.item() == pytest.approx((expected * weight / sum(weights) * slope).item())


@pytest.mark.parametrize(
    ("values", "decides", "stop"), [((255, 255, 255), 255, -2), ((0, 0, 0), 0, 2), ((0, 255, 255), 0, -2)], ids=str
)
def test_where_no_exposure_shows_a_pixel_the_darkest_decides_if_it_is_white_and_else_the_brightest(
    values, decides, stop
):
    g = torch.from_numpy(true_curve())
    assert synthesise(column(*values), [-2, 0, 2], g).item() == pytest.approx(math.exp(g[decides]) / 2.0**stop)


def test_a_pixel_that_is_white_everywhere_still_has_a_gradient_in_the_darkest_exposure():
    stack = column(255, 255, 255).requires_grad_()
    synthesise(stack, [-2, 0, 2], torch.from_numpy(true_curve())).backward()
    darkest, *others = stack.grad.flatten()
    assert darkest > 0
    assert all(other == 0 for other in others)


def test_of_one_exposure_it_is_our_merge():
    values, g = np.arange(1, 250, dtype=np.uint8), true_curve()
    image = torch.from_numpy(values).double().view(1, 1, 1, 1, -1) / 255
    np.testing.assert_allclose(
        synthesise(image, [1.0], torch.from_numpy(g)).flatten(), merge(values[None], [1.0], np.exp(g)), rtol=1e-5
    )


def test_of_exposures_that_agree_it_is_our_merge_whatever_the_weights():
    g = np.log(2) * (np.arange(256) - 255) / 16  # one stop is 16 values
    exposures = np.arange(20, 180, dtype=np.uint8) + np.array([[0], [16], [32]], np.uint8)
    stack = torch.from_numpy(exposures).double().view(1, 3, 1, 1, -1) / 255
    ours = merge(exposures, [-1.0, 0.0, 1.0], np.exp(g))
    np.testing.assert_allclose(synthesise(stack, [-1, 0, 1], torch.from_numpy(g)).flatten(), ours, rtol=1e-5)


def test_a_stack_of_a_known_response_gives_back_its_curve(stack):
    found = estimate_response(stack, STOPS)
    assert found.shape == (1, 3, 256)
    for curve in found[0].double().numpy():
        error = (curve - true_curve())[10:246] / np.log(2)
        assert np.std(error) < 0.05  # stops


def test_a_stack_of_a_known_response_gives_back_the_ratios_of_radiance(stack, hdr):
    radiance = synthesise(stack, STOPS, estimate_response(stack, STOPS))[0].permute(1, 2, 0).numpy()
    values = (255 * stack[0]).round().permute(0, 2, 3, 1).numpy()
    known = ((values >= 20) & (values <= 235)).any(0)
    error = np.log2(radiance / hdr)[known]
    assert known.mean() > 0.9
    assert np.std(error) < 0.05  # stops; the scale is a convention


@pytest.mark.parametrize("smoothness", [25.0, 400.0])
def test_the_curve_is_that_of_debevecs_system_of_equations(smoothness):
    rng = np.random.default_rng(0)
    stops, pixels = np.array([-1.0, 0.0, 1.5]), 40
    radiance = np.sort(rng.uniform(0.02, 1.2, pixels))
    values = np.round(255 * np.clip(radiance * 2 ** stops[:, None], 0, 1) ** 0.6).astype(int)
    times = np.bincount(np.arange(256) * (pixels - 1) // 255)  # a pixel is sampled
    triangle = np.minimum(np.arange(256), np.arange(255, -1, -1)) / 127.5
    rows, right = [], []
    for (exposure, pixel), value in np.ndenumerate(values):
        weight = np.sqrt(times[pixel]) * triangle[value]
        row = np.zeros(256 + pixels)
        row[value], row[256 + pixel] = weight, -weight
        rows.append(row)
        right.append(weight * stops[exposure] * np.log(2))
    for z in range(1, 255):
        row = np.zeros(256 + pixels)
        row[z - 1 : z + 2] = np.sqrt(smoothness) * triangle[z] * np.array([1, -2, 1])
        rows.append(row)
        right.append(0)
    solved = np.linalg.lstsq(np.array(rows), np.array(right), rcond=None)[0][:256]

    stack = torch.from_numpy(values).double().view(1, 3, 1, 5, 8) / 255
    found = estimate_response(stack, stops, smoothness)[0, 0]
    np.testing.assert_allclose(found, solved - solved[255], atol=1e-5)


def test_grey_is_grey_in_every_channel_and_white_is_1_on_average(stack):
    found = estimate_response(stack, STOPS)[0]
    torch.testing.assert_close(found[:, 128], found[:1, 128].expand(3))
    assert found[:, 255].mean().item() == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("values", [(100,), (0, 255), (255, 255)], ids=str)
def test_exposures_that_share_no_value_leave_a_flat_curve(values):
    stack = torch.stack([torch.full((1, 3, 8, 8), value / 255) for value in values], 1)
    found = estimate_response(stack, list(range(len(values))))
    torch.testing.assert_close(found, torch.zeros(1, 3, 256), atol=1e-3, rtol=0)


def test_the_curve_has_no_gradient_and_the_image_has_one(stack):
    predicted = stack[..., :16, :16].clone().requires_grad_()
    g = estimate_response(predicted, STOPS)
    assert not g.requires_grad
    synthesise(predicted, STOPS, g).sum().backward()
    assert predicted.grad.isfinite().all()
    assert predicted.grad.abs().sum() > 0


def test_a_wild_curve_gives_light_that_half_floats_hold():
    stack = torch.full((1, 3, 3, 4, 4), 0.999, requires_grad=True)
    light = synthesise(stack, [0, 1, 2], torch.linspace(0, 200, 256))
    light.sum().backward()
    assert light.max() <= 65504 * 1.001
    assert torch.isfinite(stack.grad).all()
