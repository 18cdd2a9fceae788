import numpy as np
import pytest
import torch
from scipy.ndimage import sobel
from torch import nn
from torch.nn import functional as F

from metahdr.nets.response import apply_response
from metahdr.nets.single_hdr import (
    DequantisationNet,
    HallucinationNet,
    LinearisationNet,
    RefinementNet,
    inverse_response,
    monotone,
    over_exposed,
    sobel_edges,
    soft_histogram,
)

SIZES = [(32, 32), (33, 50), (1, 7)]


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


@pytest.fixture(scope="module")
def model():
    """Mean and basis of inverse responses: a square, and five waves that are 0 at both ends."""
    u = torch.linspace(0, 1, 1024)
    return u**2, torch.sin(torch.pi * torch.arange(1, 6)[:, None] * u)


@pytest.fixture(scope="module")
def linearisation(model):
    return LinearisationNet(*model).eval()


def parameters(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def convolution(inputs: int, outputs: int, kernel: int) -> int:
    return (inputs * kernel**2 + 1) * outputs


def pixels(*rgb: tuple[float, ...]) -> torch.Tensor:
    return torch.tensor(rgb).T[None, :, None]


def test_the_dequantisation_has_the_parameters_of_six_levels():
    encoder = (
        *((3, 16, 7), (16, 16, 7), (16, 32, 5), (32, 32, 5), (32, 64, 3), (64, 64, 3)),
        *((64, 128, 3), (128, 128, 3), (128, 256, 3), (256, 256, 3), (256, 512, 3), (512, 512, 3)),
    )
    decoder = [(2 * width, width, 3) for width in (256, 128, 64, 32, 16) for _ in range(2)]
    with torch.device("meta"):
        network = DequantisationNet()
    expected = sum(convolution(*layer) for layer in (*encoder, *decoder, (16, 3, 3)))
    assert parameters(network) == expected == 7_899_555


def test_the_refinement_has_a_first_convolution_of_three_images():
    with torch.device("meta"):
        network = RefinementNet()
    assert parameters(network) == 7_899_555 + 6 * 49 * 16 == 7_904_259


def test_the_linearisation_has_a_resnet_18_of_93_channels_and_two_layers():
    with torch.device("meta"):
        network = LinearisationNet(torch.zeros(1024), torch.zeros(11, 1024))
    imagenet, its_end = 11_689_512, 513 * 1000
    expected = imagenet - its_end + (93 - 3) * 49 * 64 + 513 * 512 + 513 * 11
    assert parameters(network) == expected == 11_727_051


def test_the_hallucination_has_vgg16s_convolutions_and_a_decoder_of_resized_features():
    with torch.device("meta"):
        network = HallucinationNet()
    widths = ((512, 512), (512, 512), (512, 256), (256, 128), (128, 64))
    vgg16 = 14_714_688
    bottom = convolution(512, 512, 3) + 2 * 512
    up = sum(convolution(a, b, 3) + 2 * b for a, b in widths)
    fusions = sum(convolution(2 * b, b, 1) for _, b in (*widths, (64, 3)))
    head = convolution(64, 3, 1) + 2 * 3
    assert parameters(network) == vgg16 + bottom + up + fusions + head == 24_569_118


@pytest.mark.parametrize("size", SIZES)
def test_any_size_works(linearisation, size):
    x = torch.rand(2, 3, *size)
    with torch.inference_mode():
        assert DequantisationNet(1 / 16)(x).shape == x.shape
        assert RefinementNet(1 / 16)(x, x, x).shape == x.shape
        assert HallucinationNet(1 / 32).eval()(x).shape == x.shape
        assert linearisation(x).shape == (2, 1024)


@pytest.mark.parametrize("make", [DequantisationNet, HallucinationNet])
def test_an_image_is_padded_by_its_border_and_the_result_is_cropped(make):
    network, x = make(1 / 16).eval(), torch.rand(1, 3, 33, 50)
    padded = torch.from_numpy(np.pad(x.numpy(), ((0, 0), (0, 0), (0, 31), (0, 14)), mode="edge"))
    with torch.inference_mode():
        torch.testing.assert_close(network(x), network(padded)[..., :33, :50])


def test_the_levels_of_the_u_net_double_the_channels_and_halve_the_size():
    network, shapes = DequantisationNet(1 / 4), []
    for level in network.down:
        level.register_forward_hook(lambda _, __, output: shapes.append(tuple(output.shape[1:])))
    network(torch.zeros(1, 3, 32, 64))
    assert shapes == [(4, 32, 64), (8, 16, 32), (16, 8, 16), (32, 4, 8), (64, 2, 4), (128, 1, 2)]


def test_the_u_net_is_the_one_of_pytorchs_own_functions():
    network, image = DequantisationNet(1 / 8).double(), torch.rand(2, 3, 32, 64, dtype=torch.float64)
    layers = [module for module in network.modules() if isinstance(module, nn.Conv2d)]
    down, up, merge, last = layers[:12], layers[12:17], layers[17:22], layers[22]

    def leaky(layer: nn.Conv2d, x: torch.Tensor) -> torch.Tensor:
        y = F.conv2d(x, layer.weight, layer.bias, padding="same")
        return torch.where(y > 0, y, 0.1 * y)

    x, skips = image, []
    for level in range(6):
        if level:
            x = (x[..., ::2, ::2] + x[..., 1::2, ::2] + x[..., ::2, 1::2] + x[..., 1::2, 1::2]) / 4
        x = leaky(down[2 * level + 1], leaky(down[2 * level], x))
        skips.append(x)
    for level in range(5):
        x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
        x = leaky(merge[level], torch.cat([leaky(up[level], x), skips[4 - level]], 1))
    expected = image + torch.tanh(F.conv2d(x, last.weight, last.bias, padding=1))
    torch.testing.assert_close(network(image), expected)


def test_dequantisation_adds_at_most_1():
    network, x = DequantisationNet(1 / 16), torch.rand(1, 3, 32, 32)
    nn.init.normal_(network.last.weight, std=1000)
    added = network(x) - x
    assert added.min() < -0.9
    assert added.max() > 0.9
    assert added.abs().max() <= 1 + 1e-6


def test_without_a_last_convolution_the_residual_networks_return_their_input():
    dequantisation, refinement, x = DequantisationNet(1 / 16), RefinementNet(1 / 16), torch.rand(1, 3, 32, 32)
    for network in (dequantisation, refinement):
        nn.init.zeros_(network.last.weight)
        nn.init.zeros_(network.last.bias)
    assert torch.equal(dequantisation(x), x)
    assert torch.equal(refinement(5 * x, x, x), 5 * x)


def test_the_refinement_sees_all_images_and_is_never_negative():
    network, images = RefinementNet(1 / 16), torch.rand(3, 1, 3, 32, 32).requires_grad_()
    nn.init.constant_(network.last.bias, -0.5)
    output = network(*images)
    output.sum().backward()
    assert output.min() == 0
    assert (images.grad.abs().sum((1, 2, 3, 4)) > 0).all()


def test_sobel_edges_are_scipys():
    x = torch.rand(2, 3, 7, 9, dtype=torch.float64)
    expected = [[sobel(channel.numpy(), axis) for channel in image for axis in (0, 1)] for image in x]
    np.testing.assert_allclose(sobel_edges(x), expected, atol=1e-12)


def test_a_value_is_shared_by_the_two_bins_it_lies_between():
    # the centres are 1/8, 3/8, 5/8 and 7/8: 0.3 is 0.175 and 0.075 from the first two, at 4 bins 0.7 and 0.3
    histogram = soft_histogram(pixels((0.3, 0.375, 0)), 4)
    expected = [[0.3, 0, 0.5], [0.7, 1, 0], [0, 0, 0], [0, 0, 0]]
    torch.testing.assert_close(histogram.view(4, 3), torch.tensor(expected))


@pytest.mark.parametrize("bins", [4, 8, 16])
def test_a_soft_histogram_is_the_one_counted_in_numpy(bins):
    x = torch.rand(2, 3, 5, 6, dtype=torch.float64)
    expected = np.zeros((2, bins, 3, 5, 6))
    for b in range(1, bins + 1):
        distance = np.abs(x.numpy() - (2 * b - 1) / (2 * bins))
        expected[:, b - 1] = np.where(distance < 1 / bins, 1 - distance * bins, 0)
    np.testing.assert_allclose(soft_histogram(x, bins), expected.reshape(2, -1, 5, 6), atol=1e-12)


def test_between_the_outer_centres_the_bins_of_a_value_sum_to_1():
    x = torch.linspace(1 / 8, 7 / 8, 30).view(1, 1, 5, 6)
    torch.testing.assert_close(soft_histogram(x, 4).sum(1), torch.ones(1, 5, 6))


def test_an_inverse_response_is_the_mean_plus_the_weighted_components(model):
    mean, basis = model
    table = inverse_response(torch.tensor([[0.0] * 5, [0.5, 0, 0, -2, 0]]), mean, basis)
    torch.testing.assert_close(table, torch.stack([mean, mean + 0.5 * basis[0] - 2 * basis[3]]))


def test_a_falling_table_becomes_the_one_computed_in_numpy(model):
    tables = inverse_response(torch.randn(4, 5, dtype=torch.float64), *(part.double() for part in model))
    for table, actual in zip(tables.numpy(), monotone(tables).numpy(), strict=True):
        slopes = np.array([0, *(table[d] - table[d - 1] for d in range(1, 1024))])
        assert slopes.min() < 0
        shifted = slopes - min(slopes.min(), 0)
        np.testing.assert_allclose(actual, [shifted[: d + 1].sum() / shifted.sum() for d in range(1024)])


def test_equation_23_worked_by_hand():
    # slopes 0, 2, -1, 3; less their minimum 1, 3, 0, 4; their sums 1, 4, 4, 8
    torch.testing.assert_close(monotone(torch.tensor([[0.0, 2, 1, 4]])), torch.tensor([[1, 4, 4, 8]]) / 8)


def test_monotone_tables_never_fall_and_end_at_1(model):
    tables = monotone(inverse_response(torch.randn(20, 5), *model))
    assert (tables.diff() >= 0).all()
    assert (tables[:, 0] >= 0).all()
    assert (tables[:, -1] == 1).all()


def test_a_table_that_never_falls_is_only_normalised():
    table = torch.tensor([[0.5, 0.5, 1, 2.5]])
    torch.testing.assert_close(monotone(table), (table - 0.5) / 2)


def test_a_table_of_equal_steps_changes_nothing():
    x = torch.rand(2, 3, 8, 9)
    torch.testing.assert_close(apply_response(x, torch.linspace(0, 1, 1024).expand(2, -1)), x)


def test_every_image_is_looked_up_in_its_own_table_as_numpy_does():
    x = 1.2 * torch.rand(2, 3, 8, 9, dtype=torch.float64) - 0.1  # some values are outside the table
    x[:, :, 0, :2] = torch.tensor([0, 1])
    tables = torch.rand(2, 1024, dtype=torch.float64)
    expected = [
        np.interp(image, np.linspace(0, 1, 1024), table)
        for image, table in zip(x.numpy(), tables.numpy(), strict=True)
    ]
    np.testing.assert_allclose(apply_response(x, tables), expected, atol=1e-9)


def test_a_lookup_has_the_gradients_of_values_and_tables():
    x = (torch.arange(18) / 18 + 0.02).double().view(2, 3, 1, 3).requires_grad_()  # none at an entry of the tables
    tables = torch.rand(2, 8, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(apply_response, (x, tables))


def test_the_linearisation_gives_each_image_a_curve_that_rises(linearisation):
    x = torch.rand(2, 3, 32, 48)
    with torch.inference_mode():
        curves = linearisation(x)
        assert (curves.diff() >= 0).all()
        assert (curves[:, -1] == 1).all()
        assert not torch.allclose(*curves)
        torch.testing.assert_close(linearisation(x[1:]), curves[1:])


def test_without_coefficients_the_linearisation_gives_the_mean(model):
    network = LinearisationNet(*model).eval()
    nn.init.zeros_(network.net.fc[-1].weight)
    nn.init.zeros_(network.net.fc[-1].bias)
    torch.testing.assert_close(network(torch.rand(1, 3, 32, 32)), model[0][None])


def test_the_tables_of_the_model_are_not_in_the_networks_state(linearisation):
    assert not {"mean", "basis"} & set(linearisation.state_dict())


def test_the_hallucination_is_the_one_of_pytorchs_own_functions():
    network, linear = HallucinationNet(1 / 16).eval(), torch.rand(2, 3, 64, 32, dtype=torch.float64)
    for parameter in network.parameters():
        nn.init.normal_(parameter, 0.1, 0.2)  # also those that begin as 0 or 1
    network.double()
    layers = [module for module in network.modules() if isinstance(module, nn.Conv2d)]
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    vgg16, bottom, up, fuse, head, fuse_input = layers[:13], layers[13], layers[14:19], layers[19:24], *layers[24:]

    def normalised(norm: nn.BatchNorm2d, x: torch.Tensor) -> torch.Tensor:
        return F.relu(norm.weight.view(-1, 1, 1) * x / np.sqrt(1 + 1e-5) + norm.bias.view(-1, 1, 1))

    bgr = [255 * linear[:, 2] - 103.939, 255 * linear[:, 1] - 116.779, 255 * linear[:, 0] - 123.68]
    x, skips = torch.stack(bgr, 1), []
    for number, layer in enumerate(vgg16):
        x = F.relu(F.conv2d(x, layer.weight, layer.bias, padding=1))
        if number in (1, 3, 6, 9, 12):  # the last of its size
            skips.append(x / 255)
            x = F.max_pool2d(x, 2)
    x = normalised(norms[0], F.conv2d(x, bottom.weight, bottom.bias, padding=1))
    for level in range(5):
        x = F.pad(x.repeat_interleave(2, 2).repeat_interleave(2, 3), (1, 1, 1, 1), mode="reflect")
        x = normalised(norms[1 + level], F.conv2d(x, up[level].weight, up[level].bias))
        x = fuse[level](torch.cat([x, skips[4 - level]], 1))
    expected = F.relu(fuse_input(torch.cat([normalised(norms[6], head(x)), linear], 1)))
    assert expected.std() > 0.01
    torch.testing.assert_close(network(linear), expected, rtol=1e-5, atol=0)  # the mean is rounded to 32 bits


def test_the_skip_connections_begin_as_sums():
    network, linear = HallucinationNet(1 / 32).eval(), torch.rand(1, 3, 32, 32)
    for fusion in (*network.fuse, network.fuse_input):
        a, b = torch.randn(2, 1, fusion.out_channels, 2, 3)
        torch.testing.assert_close(fusion(torch.cat([a, b], 1)), a + b)
    nn.init.zeros_(network.head[0].weight)
    nn.init.zeros_(network.head[0].bias)
    torch.testing.assert_close(network(linear), linear)


def test_features_that_are_equal_everywhere_are_upsampled_without_a_checkerboard():
    network = HallucinationNet(1 / 32).eval()
    upsampled = network.up[0](torch.rand(1, 16, 1, 1).expand(-1, -1, 3, 4))
    assert upsampled.shape == (1, 16, 6, 8)
    assert upsampled.max() > 0
    torch.testing.assert_close(upsampled, upsampled[..., :1, :1].expand_as(upsampled))


def test_a_hallucination_is_never_negative():
    network, linear = HallucinationNet(1 / 32).eval(), torch.rand(1, 3, 32, 32)
    nn.init.constant_(network.fuse_input.bias, -0.5)
    assert network(linear).min() == 0
    assert network(linear).max() > 0


@pytest.mark.parametrize(("brightest", "alpha"), [(0.2, 0), (0.95, 0), (0.96, 0.2), (0.975, 0.5), (1, 1)])
def test_over_exposure_begins_at_0_95_of_the_brightest_channel(brightest, alpha):
    assert over_exposed(pixels((0.1, brightest, 0))).item() == pytest.approx(alpha, abs=1e-5)


def test_over_exposure_may_begin_elsewhere():  # at 0.88 in the authors' code
    alpha = over_exposed(pixels((0.88, 0, 0), (0.2, 0.94, 1)), 0.88)
    torch.testing.assert_close(alpha, torch.tensor([0.0, 1]).view(1, 1, 1, 2))
