import pytest
import torch
from torch.nn import functional as F

from metahdr.metrics.protocols import PAPER
from metahdr.nets.norm import BatchNormReLU, _BatchNormReLU, make_norm_relu
from metahdr.nets.unet import UNet


def test_batch_normalisation_and_its_gradients_are_those_of_pytorch():
    torch.manual_seed(0)
    norm = BatchNormReLU(3).double()
    with torch.no_grad():
        norm.weight.uniform_(0.5, 2)
        norm.bias.normal_()
    x = (5 + 3 * torch.randn(2, 3, 4, 5, dtype=torch.float64)).requires_grad_()
    inputs = (x, norm.weight, norm.bias)
    ours, theirs = norm(x), F.batch_norm(x, None, None, norm.weight, norm.bias, training=True).relu()
    torch.testing.assert_close(ours, theirs)

    direction = torch.randn_like(ours)
    first = [torch.autograd.grad((y * direction).sum(), inputs, create_graph=True) for y in (ours, theirs)]
    torch.testing.assert_close(*first)
    second = [torch.autograd.grad(sum(g.square().sum() for g in grads), inputs[:2]) for grads in first]
    torch.testing.assert_close(*second)


def test_the_written_derivatives_are_those_of_finite_differences():
    torch.manual_seed(0)
    x = torch.randn(2, 3, 4, 5, dtype=torch.float64).to(memory_format=torch.channels_last).requires_grad_()
    weight, bias = (torch.randn(3, dtype=torch.float64, requires_grad=True) for _ in range(2))
    assert torch.autograd.gradcheck(_BatchNormReLU.apply, (x, weight, bias))
    assert torch.autograd.gradgradcheck(_BatchNormReLU.apply, (x, weight, bias))


def test_nothing_of_one_batch_is_kept_for_the_next():
    norm = BatchNormReLU(3)
    x = torch.randn(2, 3, 4, 4)
    before = norm(x)
    norm(100 * torch.randn(2, 3, 4, 4))
    torch.testing.assert_close(norm.eval()(x), before, rtol=0, atol=0)
    assert list(norm.buffers()) == []


@pytest.mark.parametrize(("channels", "groups"), [(1, 1), (3, 3), (8, 8), (12, 6), (22, 2), (128, 8)])
def test_group_normalisation_has_eight_groups_or_the_largest_divisor_below(channels, groups):
    torch.manual_seed(0)
    x = 5 + 3 * torch.randn(2, channels, 4, 5)
    parts = x.view(2, groups, -1)
    expected = (parts - parts.mean(2, keepdim=True)) / parts.std(2, keepdim=True, correction=0)
    torch.testing.assert_close(
        make_norm_relu("group", channels)(x), expected.view_as(x).relu(), rtol=1e-4, atol=1e-4
    )


@pytest.mark.parametrize("kind", ["group", "level"])
def test_normalisation_has_a_second_derivative(kind):
    torch.manual_seed(0)
    norm = make_norm_relu(kind, 4).double()
    x = torch.randn(2, 4, 3, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradgradcheck(norm, (x,))


@pytest.mark.parametrize(("kind", "sees"), [("batch", False), ("group", False), ("level", True), ("none", True)])
def test_what_a_network_sees_of_the_level_of_an_exposure(kind, sees):
    """The mean change of the result, of the range 0 to 1, when the exposure is two stops darker."""
    torch.manual_seed(0)
    network, x = UNet(8, kind, PAPER.head), torch.rand(1, 3, 32, 32)
    with torch.no_grad():
        change = (network(x) - network(x / 4)).abs().mean().item()
    assert change > 0.005 if sees else change < 0.0005


def test_without_normalisation_features_keep_their_scale():
    torch.manual_seed(0)
    features = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        for stage in UNet(16, "none", PAPER.head).down:
            features = stage(features)
            assert 0.1 < features.square().mean() < 2
