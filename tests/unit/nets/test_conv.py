import pytest
import torch
from torch import nn
from torch.autograd import grad, gradgradcheck

from metahdr.nets.conv import Conv2d, ConvTranspose2d

LAYERS = {
    "3x3": (Conv2d, nn.Conv2d, {"kernel_size": 3, "padding": 1}),
    "3x3 without bias": (Conv2d, nn.Conv2d, {"kernel_size": 3, "padding": 1, "bias": False}),
    "1x1": (Conv2d, nn.Conv2d, {"kernel_size": 1}),
    "strided": (Conv2d, nn.Conv2d, {"kernel_size": 3, "stride": 2, "padding": 1}),
    "transposed": (ConvTranspose2d, nn.ConvTranspose2d, {"kernel_size": 2, "stride": 2}),
}


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("of_image", [True, False])
def test_a_convolution_and_its_derivatives_are_those_of_pytorch(name, of_image):
    ours, theirs, geometry = LAYERS[name]
    torch.manual_seed(0)
    layer, reference = (kind(3, 5, **geometry).double() for kind in (ours, theirs))
    reference.load_state_dict(layer.state_dict())
    x = torch.randn(2, 3, 6, 4, dtype=torch.float64, requires_grad=of_image)

    def derivatives(module):
        inputs = [*module.parameters(), *([x] if of_image else [])]
        output = module(x)
        first = grad((output**3).sum(), inputs, create_graph=True)
        second = grad(sum((g**2).sum() for g in first), inputs)
        return output, first, second

    torch.testing.assert_close(derivatives(layer), derivatives(reference))


@pytest.mark.parametrize("name", LAYERS)
def test_the_second_derivative_is_that_of_finite_differences(name):
    kind, _, geometry = LAYERS[name]
    torch.manual_seed(0)
    layer = kind(2, 2, **geometry).double()
    names, values = zip(*layer.named_parameters(), strict=True)
    x = torch.randn(1, 2, 4, 4, dtype=torch.float64, requires_grad=True)

    def output(x, *parameters):
        return torch.func.functional_call(layer, dict(zip(names, parameters, strict=True)), (x,))

    assert gradgradcheck(output, (x, *values))
