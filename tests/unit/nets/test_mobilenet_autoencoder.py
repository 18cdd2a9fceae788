from copy import deepcopy

import pytest
import torch
from torch.nn import functional as F

import metahdr.nets.torchvision_cpu  # noqa: F401
from metahdr.nets.mobilenet_autoencoder import MobileNetAutoencoder, denormalise, normalise_input, normalise_target


@pytest.fixture(scope="module")
def network():
    """A narrow decoder over a random encoder that keeps the statistics of one batch, as a trained one would."""
    torch.manual_seed(0)
    network = MobileNetAutoencoder(filters=2)
    for layer in network.encoder.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.momentum = 1.0
    with torch.no_grad():
        network.encoder.train().features(2 * torch.rand(2, 3, 64, 64) - 1)
    return network.eval()


def count(module: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def test_the_parameters_are_those_of_its_layers():
    def step(deep, shallow, skip):
        return (deep + 1) * 4 * shallow + 9 * (shallow + skip) * shallow + 9 * shallow**2

    network = MobileNetAutoencoder()
    bottleneck = (9 * 960 + 1) * 512 + (9 * 512 + 1) * 512
    decoder = step(512, 256, 112) + step(256, 128, 40) + step(128, 64, 24) + step(64, 32, 16) + step(32, 16, 3)
    assert count(network.bottleneck) == bottleneck == 6_784_000
    assert count(network.up) + count(network.merge) == decoder == 2_594_672
    # torchvision's count, 5,483,032, less the classifier's two layers
    assert count(network.encoder) == 5_483_032 - 961 * 1280 - 1281 * 1000 == 2_971_952
    trained = sum(parameter.numel() for parameter in network.parameters() if parameter.requires_grad)
    assert trained == bottleneck + decoder + (16 * 3 + 3) == 9_378_723


def test_training_changes_the_decoder_and_leaves_the_encoder_and_its_statistics_alone():
    torch.manual_seed(0)
    network = MobileNetAutoencoder(filters=1).train()
    assert network.training and not any(module.training for module in network.encoder.modules())
    before = {name: value.clone() for name, value in network.state_dict().items()}
    optimiser = torch.optim.SGD(network.parameters(), lr=0.1, weight_decay=0.1)
    network(torch.rand(2, 3, 64, 64)).square().mean().backward()
    optimiser.step()
    after = network.state_dict()
    assert all(parameter.grad is None for parameter in network.encoder.parameters())
    assert all(torch.equal(after[name], value) == name.startswith("encoder.") for name, value in before.items())


def test_the_encoders_features_are_those_of_torchvisions_network_in_evaluation(network):
    from torchvision.models import mobilenet_v3_large
    from torchvision.models.feature_extraction import create_feature_extractor

    reference = mobilenet_v3_large()
    reference.classifier = torch.nn.Identity()
    reference.load_state_dict(network.encoder.state_dict())
    nodes = {f"features.{last}": str(last) for last in (1, 3, 6, 12, 16)}
    x = torch.rand(2, 3, 64, 96)
    with torch.inference_mode():
        found = network.train()._features(x)
        expected = create_feature_extractor(reference.eval(), nodes)(x)
    shapes = [(2, 16, 32, 48), (2, 24, 16, 24), (2, 40, 8, 12), (2, 112, 4, 6), (2, 960, 2, 3)]
    assert [tuple(features.shape) for features in found] == shapes
    assert all(features.std() > 0.1 for features in found)
    torch.testing.assert_close(found, list(expected.values()))


def test_a_pixel_shuffle_puts_four_channels_into_a_square_of_pixels(network):
    enlarge = deepcopy(network.up[-1])
    weight = torch.zeros_like(enlarge[0].weight)  # of 4 channels to 8, which become 2
    weight[:4, 0, 0, 0] = torch.tensor([1.0, 10, 100, 1000])
    weight[4:, 1, 0, 0] = 1
    enlarge[0].load_state_dict({"weight": weight, "bias": torch.tensor([0.0, 0, 0, 0, 0, 0, 0, 5])})
    x = torch.tensor([[2.0, 3], [6, 7], [0, 0], [0, 0]]).view(1, 4, 1, 2)
    expected = [[[2, 20, 3, 30], [200, 2000, 300, 3000]], [[6, 6, 7, 7], [6, 11, 7, 12]]]
    torch.testing.assert_close(enlarge(x), torch.tensor([expected], dtype=torch.float32))


@torch.no_grad()
def test_every_block_of_the_decoder_joins_the_skip_and_normalises_each_channel(network):
    joined = {}
    hooks = [
        block.register_forward_pre_hook(lambda block, inputs: joined.update({block: inputs[0]}))
        for block in network.merge
    ]
    x = torch.rand(1, 3, 64, 64)
    network(x)
    for hook in hooks:
        hook.remove()
    *skips, _ = [normalise_input(x), *network._features(normalise_input(x))]
    for block, width, skip in zip(network.merge, (32, 16, 8, 4, 2), reversed(skips), strict=True):
        torch.testing.assert_close(joined[block][:, width:], skip)
        values = block[:-1](joined[block])  # without the last ReLU
        assert values.shape == (1, width, *skip.shape[2:])
        torch.testing.assert_close(values.mean((2, 3)), torch.zeros(1, width), rtol=0, atol=1e-4)
        torch.testing.assert_close(values.std((2, 3), correction=0), torch.ones(1, width), rtol=0, atol=1e-2)


@pytest.mark.parametrize("size", [(1, 1), (32, 32), (33, 70)])
def test_an_image_of_any_size_becomes_one_of_the_same_size_between_minus_1_and_1(network, size):
    y = network.train()(torch.rand(2, 3, *size))
    assert y.shape == (2, 3, *size)
    assert -1 < y.min() <= y.max() < 1


def test_an_image_is_continued_by_its_border_at_the_right_and_the_bottom(network):
    x = torch.rand(1, 3, 33, 70)
    with torch.inference_mode():
        whole = network(F.pad(x, (0, 26, 0, 31), mode="replicate"))
        torch.testing.assert_close(network(x), whole[..., :33, :70], rtol=0, atol=0)


def test_a_prediction_does_not_depend_on_the_rest_of_the_batch(network):
    images = torch.rand(3, 3, 40, 32) ** torch.tensor([1, 2, 4]).view(3, 1, 1, 1)
    with torch.inference_mode():
        torch.testing.assert_close(network.train()(images)[:1], network(images[:1]), rtol=1e-4, atol=1e-4)


def test_an_input_has_imagenets_statistics_taken_out_before_it_is_stretched():
    x = torch.zeros(1, 3, 1, 2)
    x[..., 1] = 1
    y = normalise_input(x).squeeze()
    low, high = (
        -0.485 / 0.229,
        (1 - 0.406) / 0.225,
    )  # the least value of black is red's, the largest of white blue's
    expected = [
        [(value - mean) / std for value in (0, 1)]
        for mean, std in ((0.485, 0.229), (0.456, 0.224), (0.406, 0.225))
    ]
    torch.testing.assert_close(y, 2 * (torch.tensor(expected) - low) / (high - low) - 1)
    assert y.min() == -1 and y.max() == 1


def test_a_target_is_the_logarithm_of_1_plus_radiance_stretched_for_each_image():
    radiance = torch.tensor([[0, 1, 3], [7, 7, 7]], dtype=torch.float32).view(2, 3, 1, 1)
    assert normalise_target(radiance).flatten().tolist() == pytest.approx([-1, 0, 1, -1, -1, -1])


def test_denormalise_is_the_inverse_of_normalise_target():
    torch.manual_seed(0)
    radiance = torch.rand(3, 3, 8, 8) ** 4 * torch.tensor([0.5, 30, 4096]).view(3, 1, 1, 1) + 0.01
    radiance[0, 0] = 0
    low, high = (radiance.flatten(1).quantile(q, dim=1).view(3, 1, 1, 1) for q in (0.0, 1.0))
    found = denormalise(normalise_target(radiance), low, high)
    torch.testing.assert_close(found, radiance, rtol=1e-4, atol=1e-6)
