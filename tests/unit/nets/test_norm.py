import pytest
import torch
from torch.nn import functional as F

from metahdr.nets.norm import BatchNormReLU, _BatchNormReLU, make_norm_relu


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


def test_group_normalisation_has_a_second_derivative():
    torch.manual_seed(0)
    norm = make_norm_relu("group", 4).double()
    x = torch.randn(2, 4, 3, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradgradcheck(norm, (x,))
