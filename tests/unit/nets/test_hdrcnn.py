import math

import pytest
import torch

from metahdr.nets.hdrcnn import HDRCNN, blend, log_loss, saturation


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


def test_the_loss_is_the_squared_log_error_where_the_input_is_saturated():
    x = torch.cat([pixel(1, 0.2, 0.2), pixel(0.5, 0.5, 0.5), pixel(0.975, 0, 0)], -1)
    target = torch.full_like(x, 4)
    y = torch.full_like(x, math.log(4 + 1 / 255) + 2)
    # alpha is 1, 0 and 1/2: the errors are 2, 0 and 1 in each channel
    assert log_loss(x, y, target).item() == pytest.approx((2**2 + 0 + 1**2) / 3, rel=1e-4)


def test_a_perfect_log_prediction_has_no_loss():
    target = pixel(3, 0, 50)
    assert log_loss(pixel(1, 1, 1), torch.log(target + 1 / 255), target).item() == 0
