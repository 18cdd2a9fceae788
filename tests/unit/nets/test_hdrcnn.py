import math

import pytest
import torch

from metahdr.nets.hdrcnn import HDRCNN, blend, saturation


@pytest.fixture
def network():
    torch.manual_seed(0)
    return HDRCNN(1 / 32).eval()


def pixel(*rgb: float) -> torch.Tensor:
    return torch.tensor(rgb).view(1, 3, 1, 1)


def test_at_width_1_it_has_the_papers_number_of_parameters():
    with torch.device("meta"):
        network = HDRCNN()
    assert sum(parameter.numel() for parameter in network.parameters()) == pytest.approx(29.44e6, rel=1e-3)


@pytest.mark.parametrize("size", [(32, 32), (33, 50), (1, 7)])
def test_any_size_works(network, size):
    assert network(torch.rand(1, 3, *size)).shape == (1, 3, *size)


def test_a_pixel_without_saturation_is_exactly_the_square_of_the_input(network):
    x = torch.rand(1, 3, 32, 32)
    known = (x.amax(1, keepdim=True) <= 0.95).expand_as(x)
    output = network(x)
    assert 0 < known.sum() < known.numel()
    assert torch.equal(output[known], x[known] ** 2)
    assert not torch.isclose(output[~known], x[~known] ** 2).all()


@pytest.mark.parametrize(("brightest", "alpha"), [(0.2, 0), (0.95, 0), (0.975, 0.5), (1, 1)])
def test_blending_begins_at_0_95_of_the_brightest_channel(brightest, alpha):
    assert saturation(pixel(0.1, brightest, 0)).item() == pytest.approx(alpha, abs=1e-5)


def test_half_saturation_is_the_mean_of_input_and_prediction():
    x = pixel(0.975, 0.5, 0.1)
    y = torch.full_like(x, math.log(2 + 1 / 255))
    expected = pixel(*(0.5 * value**2 + 0.5 * 2 for value in (0.975, 0.5, 0.1)))
    torch.testing.assert_close(blend(x, y), expected)


def test_a_prediction_below_black_is_black():
    torch.testing.assert_close(blend(pixel(1, 1, 1), pixel(-20, -20, 0)), pixel(0, 0, 254 / 255))


def test_the_skip_connections_begin_as_sums(network):
    for fusion in (*network.fuse, network.fuse_input):
        a, b = torch.randn(2, 1, fusion.out_channels, 2, 3)
        torch.testing.assert_close(fusion(torch.cat([a, b], 1)), a + b)


def test_fused_batch_normalisation_changes_nothing(network):
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_()
            module.running_var.uniform_(0.5, 2)
            module.weight.data.uniform_(0.5, 2)
            module.bias.data.normal_()
    x = torch.rand(2, 3, 33, 50)
    with torch.inference_mode():
        expected, fused = network.log_prediction(x), network.fused().log_prediction(x)
    torch.testing.assert_close(fused, expected, rtol=1e-4, atol=1e-4)
    assert not any(isinstance(module, torch.nn.BatchNorm2d) for module in network.fused().modules())
