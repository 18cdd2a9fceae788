import pytest
import torch

from metahdr.metrics.protocols import PAPER
from metahdr.nets.unet_light import UNetLight


@pytest.fixture
def network():
    torch.manual_seed(0)
    return UNetLight(8, "group", PAPER.head)


def test_without_features_the_result_is_the_light_of_the_input(network):
    torch.nn.init.zeros_(network.head.weight)
    x = torch.rand(2, 3, 16, 16)
    light = x**2 + 0.001
    u = torch.exp(light.log() - light.log().mean((1, 2, 3), keepdim=True) - 2)
    torch.testing.assert_close(network(x), u / (1 + u**4) ** 0.25)


def test_an_exposure_of_another_level_gives_the_same_result_and_an_edge_stays_sharp(network):
    x = torch.full((1, 3, 32, 32), 0.4)
    x[..., 16:] = 0.8
    with torch.no_grad():
        result, darker = network(x), network(x / 2)
    assert (result - darker).abs().max() < 0.01
    one_side, other_side = result.split(16, 3)
    assert (other_side > 2 * one_side).all()
    for side in (one_side, other_side):
        torch.testing.assert_close(side, side[..., :1, :1].expand_as(side))


def test_the_map_of_highlights_acts_where_the_input_clips_alone(network):
    x = 0.5 * torch.rand(1, 3, 32, 32)
    x[..., :8, :8] = 1
    with torch.no_grad():
        before = network(x)
        network.head.bias[9:] += 1
        changed = (network(x) - before).abs().amax(1)[0] > 1e-6
    assert changed[:8, :8].all() and changed.sum() == 64
