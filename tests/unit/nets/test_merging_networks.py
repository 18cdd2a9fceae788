import pytest
import torch
from torch import nn
from torch.nn import functional as F

from metahdr.nets.ahdrnet import AHDRNet, DenseBlock
from metahdr.nets.kalantari import KalantariNet, merge
from metahdr.nets.wu import ResidualBlock, WuNet


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def parameters(make) -> int:
    with torch.device("meta"):
        return sum(parameter.numel() for parameter in make().parameters())


def convolution(inputs: int, outputs: int, kernel: int) -> int:
    return kernel**2 * inputs * outputs + outputs


def layer(inputs: int, outputs: int, kernel: int = 5) -> int:
    """A convolution and its batch normalisation."""
    return convolution(inputs, outputs, kernel) + 2 * outputs


def averaging(network: nn.Module) -> nn.Module:
    """Every convolution becomes a mean: activations are positive, no gradient cancels or vanishes by chance."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.constant_(module.weight, 1 / module.weight[0].numel())
            nn.init.zeros_(module.bias)
    return network.eval().double()


def seen(output: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """The pixels of x that the central pixel of the output depends on, as offsets from the central pixel of x."""
    height, width = output.shape[-2:]
    output[..., height // 2, width // 2].sum().backward()
    height, width = x.shape[-2:]
    rows_and_columns = x.grad.flatten(0, -3).ne(0).any(0).nonzero()
    return rows_and_columns - torch.tensor([height // 2, width // 2])


def square(radius: int, step: int = 1) -> torch.Tensor:
    offsets = torch.arange(-radius, radius + 1, step)
    return torch.cartesian_prod(offsets, offsets)


# AHDRNet


def test_ahdrnet_has_the_parameters_that_the_authors_code_uses():
    dense = sum(convolution(64 + 32 * before, 32, 3) for before in range(6)) + convolution(64 + 6 * 32, 64, 1)
    attention = convolution(128, 128, 3) + convolution(128, 64, 3)
    fusion = convolution(3 * 64, 64, 1) + convolution(64, 64, 3)
    ends = convolution(6, 64, 3) + convolution(3 * 64, 64, 3) + convolution(64, 64, 3) + convolution(64, 3, 3)
    assert parameters(AHDRNet) == 3 * dense + 2 * attention + fusion + ends == 1_441_283


def test_ahdrnet_makes_an_image_of_any_size_between_0_and_1():
    prediction = AHDRNet(4, 2)(10 * torch.randn(2, 3, 6, 7, 10))
    assert prediction.shape == (2, 3, 7, 10)
    assert 0 < prediction.min() < prediction.max() < 1


def test_a_dense_block_sees_every_second_pixel_of_25x25():
    """Six layers of dilation 2 reach 12 pixels."""
    x = torch.ones(1, 2, 31, 31, dtype=torch.double, requires_grad=True)
    assert torch.equal(seen(averaging(DenseBlock(2, 2))(x), x), square(12, step=2))


def test_a_dense_block_adds_what_its_layers_find_to_its_input():
    """By hand for one pixel of 1, weights of 1: each layer gives the sum of the values before it."""
    block = DenseBlock(1, 1)
    for module in (*block.layers, block.fuse):
        nn.init.ones_(module.weight)
        nn.init.zeros_(module.bias)
    assert block(torch.ones(1, 1, 1, 1)).item() == 1 + (1 + 1 + 2 + 4 + 8 + 16 + 32)
    assert block(-torch.ones(1, 1, 1, 1)).item() == -1 - 1  # no layer is below 0


def test_ahdrnet_sees_87x87_pixels():
    """Radius 1 of the encoder, 2 of the attention, 1 of the merging, 3 x 12 of the blocks, 1 and 2 of the end."""
    x = torch.ones(1, 3, 6, 95, 95, dtype=torch.double, requires_grad=True)
    assert torch.equal(seen(averaging(AHDRNet(2, 2))(x), x), square(1 + 2 + 1 + 3 * 12 + 1 + 2))


def test_the_attention_maps_are_those_of_plain_convolutions():
    network, x, merged = AHDRNet(4, 2), torch.randn(2, 3, 6, 9, 8), []
    network.merge.register_forward_pre_hook(lambda _, inputs: merged.append(inputs[0]))
    network(x)
    weights = network.state_dict()

    def convolve(values, name):
        return F.conv2d(values, weights[f"{name}.weight"], weights[f"{name}.bias"], padding=1)

    def leaky(values):
        return torch.where(values > 0, values, 0.01 * values)

    features = [leaky(convolve(x[:, exposure], "encoder.0")) for exposure in range(3)]
    for number, exposure in enumerate((0, 2)):
        compared = torch.cat([features[exposure], features[1]], 1)
        hidden = leaky(convolve(compared, f"attention.{number}.0"))
        attention = 1 / (1 + torch.exp(-convolve(hidden, f"attention.{number}.2")))
        assert attention.std() > 0.01
        torch.testing.assert_close(merged[0].chunk(3, 1)[exposure], attention * features[exposure])
    torch.testing.assert_close(merged[0].chunk(3, 1)[1], features[1])  # the reference has no attention


def test_attention_maps_of_a_half_halve_all_features_but_the_references():
    network, merged = AHDRNet(4, 2), []
    network.merge.register_forward_pre_hook(lambda _, inputs: merged.append(inputs[0]))
    for attention in network.attention:
        nn.init.zeros_(attention[2].weight)
        nn.init.zeros_(attention[2].bias)
    exposure = torch.randn(1, 6, 8, 8)
    network(exposure.expand(3, 6, 8, 8)[None])
    dark, reference, bright = merged[0].chunk(3, 1)
    assert torch.equal(dark, reference / 2)
    assert torch.equal(bright, reference / 2)
    assert torch.equal(reference, network.encoder(exposure))


def test_without_attention_only_the_middle_exposure_counts():
    network = AHDRNet(4, 2)
    for attention in network.attention:
        nn.init.constant_(attention[2].bias, -1000)
    x, others, middle = (torch.rand(1, 3, 6, 8, 8) for _ in range(3))
    others[:, 1], middle[:, ::2] = x[:, 1], x[:, ::2]
    assert torch.equal(network(x), network(others))
    assert not torch.allclose(network(x), network(middle))


def test_what_is_merged_is_added_to_the_references_features():
    network, x = AHDRNet(4, 2), torch.rand(1, 3, 6, 8, 8)
    nn.init.zeros_(network.fuse[1].weight)
    nn.init.zeros_(network.fuse[1].bias)
    assert torch.equal(network(x), network.head(network.encoder(x[:, 1])))


# Kalantari and Ramamoorthi


@pytest.mark.parametrize(
    ("kind", "outputs", "total"), [("direct", 3, 383_603), ("we", 9, 383_909), ("wie", 18, 384_368)]
)
def test_the_kalantari_networks_have_the_papers_layers(kind, outputs, total):
    layers = convolution(18, 100, 7) + convolution(100, 100, 5) + convolution(100, 50, 3)
    assert parameters(lambda: KalantariNet(kind)) == layers + convolution(50, outputs, 1) == total


@pytest.mark.parametrize(("kind", "outputs"), [("direct", 3), ("we", 9), ("wie", 18)])
def test_the_kalantari_networks_make_values_between_0_and_1(kind, outputs):
    values = KalantariNet(kind)(10 * torch.randn(2, 3, 6, 7, 10))
    assert values.shape == (2, outputs, 7, 10)
    assert 0 < values.min() < values.max() < 1


def test_the_kalantari_networks_see_13x13_pixels():
    x = torch.ones(1, 18, 21, 21, dtype=torch.double, requires_grad=True)
    assert 7 + 5 + 3 - 2 == 2 * 6 + 1
    assert torch.equal(seen(averaging(KalantariNet("direct"))(x.unflatten(1, (3, 6))), x), square(6))


def test_the_merge_is_the_weighted_mean_of_each_colour():
    """By hand: (0.1 x 1 + 0.2 x 2 + 0.1 x 5) / 0.4 = 2.5, and (0.5 x 4 + 0.25 x 8) / 0.75 = 16/3."""
    weights = torch.tensor([[0.1, 0.5, 0.0], [0.2, 0.25, 0.0], [0.1, 0.0, 1.0]])  # exposures, colours
    images = torch.tensor([[1.0, 4.0, 9.0], [2.0, 8.0, 9.0], [5.0, 9.0, 0.3]])
    merged = merge(weights.view(1, 3, 3, 1, 1), images.view(1, 3, 3, 1, 1))
    torch.testing.assert_close(merged.flatten(), torch.tensor([2.5, 16 / 3, 0.3]))


def test_a_pixel_without_any_weight_is_black():
    assert merge(torch.zeros(1, 3, 3, 1, 1), torch.ones(1, 3, 3, 1, 1)).eq(0).all()


def test_weights_of_a_network_keep_the_merge_between_its_images():
    x, images = torch.randn(2, 3, 6, 8, 8), torch.rand(2, 3, 3, 8, 8)
    merged = merge(KalantariNet("we")(x).unflatten(1, (3, 3)), images)
    assert merged.shape == (2, 3, 8, 8)
    assert (merged >= images.amin(1) - 1e-6).all()
    assert (merged <= images.amax(1) + 1e-6).all()


# Wu et al.

ENCODERS = 3 * (convolution(6, 64, 5) + layer(64, 128)) + layer(3 * 128, 256)
DECODER = layer(2 * 256, 128) + layer(4 * 128, 64) + layer(4 * 64, 64) + convolution(64, 3, 5)


def test_wus_u_net_has_one_more_level():
    total = ENCODERS + layer(256, 512) + layer(512, 256) + DECODER
    assert parameters(lambda: WuNet("unet")) == total == 12_531_587


@pytest.mark.parametrize(("kernel", "total"), [(5, 35_480_707), (3, 16_606_339)])
def test_wus_resnet_has_nine_residual_blocks(kernel, total):
    assert (
        parameters(lambda: WuNet("resnet", kernel)) == ENCODERS + 18 * layer(256, 256, kernel) + DECODER == total
    )


@pytest.fixture(scope="module", params=["unet", "resnet"])
def wu(request):
    torch.manual_seed(0)
    return WuNet(request.param).eval()


@pytest.mark.parametrize("size", [(32, 32), (33, 50), (1, 7)])
@torch.no_grad()
def test_wus_networks_make_an_image_of_any_size_between_0_and_1(wu, size):
    prediction = wu(10 * torch.randn(1, 3, 6, *size))
    assert prediction.shape == (1, 3, *size)
    assert 0 < prediction.min() < prediction.max() < 1


@torch.no_grad()
def test_wus_networks_continue_an_image_by_its_border(wu):
    """To the next multiple of 16, or of 8 in the network with residual blocks, which has one level less."""
    x, uncropped = torch.rand(1, 3, 6, 35, 37), []
    with wu.head.register_forward_hook(lambda _, __, output: uncropped.append(output)):
        prediction = wu(x)
        size = 40 if isinstance(wu.translate[0], ResidualBlock) else 48
        rows, columns = torch.arange(size).clamp(max=34), torch.arange(size).clamp(max=36)
        continued = wu(x[..., rows, :][..., columns])
    assert uncropped[0].shape[-2:] == (size, size)
    torch.testing.assert_close(uncropped[0], continued)
    assert torch.equal(prediction, uncropped[0][..., :35, :37])


@torch.no_grad()
def test_every_exposure_has_its_own_encoder_in_wus_networks(wu):
    x = torch.rand(1, 3, 6, 32, 32)
    assert not torch.allclose(wu(x), wu(x.flip(1)), rtol=0, atol=1e-4)


@torch.no_grad()
def test_wus_networks_take_the_batchs_statistics_in_training_only():
    network, x = WuNet("unet"), torch.rand(2, 3, 6, 32, 32)
    mean = network.level3[2].running_mean.clone()
    assert not torch.allclose(network(x)[:1], network(x[:1]), rtol=0, atol=1e-4)
    assert not torch.equal(network.level3[2].running_mean, mean)
    network.eval()
    torch.testing.assert_close(network(x)[:1], network(x[:1]))


def test_the_bottom_of_wus_u_net_sees_61x61_pixels():
    """Four 5x5 convolutions with stride 2 reach 2 (1 + 2 + 4 + 8) = 30 pixels."""
    network, bottom = averaging(WuNet("unet")), []
    network.translate[0].register_forward_hook(lambda _, __, output: bottom.append(output))
    x = torch.ones(1, 3, 6, 96, 96, dtype=torch.double, requires_grad=True)
    network(x)
    assert torch.equal(seen(bottom[0], x), square(30))


@torch.no_grad()
def test_wus_u_net_is_the_authors_layers_on_the_mirrored_image():
    """TensorFlow pads a layer with stride 2 by one pixel before and two behind, here it is the reverse."""
    network = WuNet("unet").eval()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            for values in (module.weight, module.bias, module.running_mean, module.running_var):
                values.uniform_(0.5, 1.5)
    weights = {
        name: value.flip(-1, -2) if value.dim() == 4 else value for name, value in network.state_dict().items()
    }

    def affine(name):
        return weights[f"{name}.weight"], weights[f"{name}.bias"]

    def normalise(x, name):
        return F.batch_norm(x, weights[f"{name}.running_mean"], weights[f"{name}.running_var"], *affine(name))

    def convolve(x, name):
        return F.conv2d(F.pad(x, (1, 2, 1, 2), mode="reflect"), *affine(name), stride=2)

    def down(x, name):
        return normalise(convolve(torch.where(x > 0, x, 0.2 * x), f"{name}.1"), f"{name}.2")

    def up(x, name):
        larger = F.conv_transpose2d(x.clamp(min=0), *affine(f"{name}.1"), stride=2, padding=1)
        return normalise(larger[..., :-1, :-1], f"{name}.2")

    x = torch.rand(1, 3, 6, 32, 48)
    halves = [convolve(x[:, exposure], f"level1.{exposure}") for exposure in range(3)]
    quarters = [down(half, f"level2.{exposure}") for exposure, half in enumerate(halves)]
    eighth = down(torch.cat(quarters, 1), "level3")
    y = up(down(eighth, "translate.0"), "translate.1")
    y = up(torch.cat([y, eighth], 1), "up3")
    y = up(torch.cat([y, *quarters], 1), "up2")
    y = up(torch.cat([y, *halves], 1), "up1")
    y = F.conv2d(F.pad(y.clamp(min=0), (2, 2, 2, 2), mode="reflect"), *affine("head.1")).sigmoid()
    torch.testing.assert_close(network(x.flip(-1, -2)).flip(-1, -2), y)
    assert y.std() > 0.01


def test_a_residual_block_without_convolutions_is_a_relu():
    block, x = ResidualBlock(4, 3).eval(), torch.randn(1, 4, 8, 8)
    nn.init.zeros_(block.layers[4].weight)
    assert torch.equal(block(x), x.clamp(min=0))
