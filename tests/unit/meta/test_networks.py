import logging

import pytest
import torch

import metahdr.nets.torchvision_cpu  # noqa: F401
from metahdr import registry
from metahdr.config.meta import Meta
from metahdr.errors import UserError
from metahdr.meta import networks
from metahdr.metrics.protocols import PAPER
from metahdr.registry import NETWORKS


def make_network(settings: Meta) -> torch.nn.Module:
    return networks.make_network(settings.network, settings.filters, settings.norm, PAPER.head, settings.encoder)


@pytest.fixture(scope="module")
def resnet18():
    """ResNet-18 with random weights and statistics; it knows nothing, but like a trained one."""
    from torchvision.models import resnet18

    torch.manual_seed(0)
    network = resnet18()
    for layer in network.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(layer.running_mean, -0.1, 0.1)
            torch.nn.init.uniform_(layer.running_var, 0.5, 2)
            torch.nn.init.uniform_(layer.weight, 0.5, 1.5)
    return network.eval()


@pytest.fixture(scope="module")
def encoder_file(resnet18, tmp_path_factory):
    path = tmp_path_factory.mktemp("resnet18") / "resnet18.pth"
    torch.save(resnet18.state_dict(), path)
    return path


def count(network: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters() if parameter.requires_grad)


def test_the_authors_code_has_540669_parameters():
    assert count(make_network(Meta(network="unet_code"))) == 540_669


def test_the_papers_u_net_has_the_parameters_of_its_layers():
    def block(inputs, outputs):  # two 3x3 convolutions without bias, two normalisations
        return 9 * inputs * outputs + 9 * outputs**2 + 4 * outputs

    down = block(3, 8) + block(8, 16) + block(16, 32) + block(32, 64) + block(64, 128)
    up = sum(4 * 2 * width * width + width + block(2 * width, width) for width in (64, 32, 16, 8))
    assert count(make_network(Meta())) == down + up + (8 * 3 + 3) == 486_571


def test_over_resnet18_the_meta_parameters_are_the_decoders():
    def step(deep, shallow, skip):
        transposed = 4 * deep * shallow + shallow
        return transposed + 9 * (shallow + skip) * shallow + 9 * shallow**2 + 4 * shallow

    decoder = step(512, 128, 256) + step(128, 64, 128) + step(64, 32, 64) + step(32, 16, 64) + step(16, 8, 3)
    network = make_network(Meta(network="resnet18"))
    assert count(network) == decoder + (8 * 3 + 3) == 1_096_267
    # torchvision's count without the last layer, less batch normalisation's weights and biases: they are buffers
    assert sum(p.numel() for p in network.encoder.parameters()) == 11_689_512 - 513_000 - 9_600


@pytest.mark.parametrize("norm", ["batch", "group"])
@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("size", [(16, 16), (48, 64)])
def test_every_network_makes_an_image_of_the_same_size_between_0_and_1(name, norm, size):
    torch.manual_seed(0)
    prediction = make_network(Meta(network=name, norm=norm, filters=2))(torch.rand(2, 3, *size))
    assert prediction.shape == (2, 3, *size)
    assert 0 < prediction.min() < prediction.max() < 1


@pytest.mark.parametrize("name", NETWORKS)
def test_the_head_decides_about_the_range_of_a_prediction(name):
    def predict(head):
        torch.manual_seed(0)
        network = networks.make_network(name, 2, "batch", head)
        return network(x)

    x = torch.rand(2, 3, 32, 32)
    values = predict(lambda last: last)
    torch.testing.assert_close(predict(torch.exp), values.exp())
    torch.testing.assert_close(predict(PAPER.head), 1 / (1 + torch.exp(-values)))


def test_a_network_of_another_package_is_made_by_its_name(tmp_path, monkeypatch):
    (tmp_path / "plugged_network.py").write_text(
        "import torch\n\n\n"
        "class Scaled(torch.nn.Module):\n"
        "    def __init__(self, filters, norm, head):\n"
        "        super().__init__()\n"
        "        self.factor, self.head = torch.nn.Parameter(torch.tensor(float(filters))), head\n\n"
        "    def forward(self, x):\n"
        "        return self.head(self.factor * x)\n",
        encoding="utf-8",
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(registry, "_places", lambda kind: {"scaled": "plugged_network:Scaled"})
    network = make_network(Meta(network="scaled", filters=3))
    assert network(torch.zeros(1)).item() == 0.5
    assert network.factor.item() == 3


@pytest.mark.parametrize("name", NETWORKS)
def test_with_group_normalisation_a_prediction_does_not_depend_on_the_rest_of_the_batch(name):
    torch.manual_seed(0)
    image, others = torch.rand(1, 3, 32, 32), torch.rand(2, 3, 32, 32) ** 4
    for norm, independent in (("group", True), ("batch", False)):
        network = make_network(Meta(network=name, norm=norm, filters=2))
        alone, among = network(image)[0], network(torch.cat([image, others]))[0]
        assert torch.allclose(alone, among, atol=1e-5) == independent


def test_the_encoders_features_are_those_of_resnet18_in_evaluation(resnet18, encoder_file):
    network = make_network(Meta(network="resnet18", encoder=str(encoder_file), filters=1))
    x, features = torch.rand(2, 3, 64, 32), {}
    names = ("relu", "layer1", "layer2", "layer3", "layer4")
    hooks = [
        getattr(net, name).register_forward_hook(
            lambda _, __, output, key=(which, name): features.setdefault(key, output.clone())
        )
        for which, net in (("ours", network.encoder), ("theirs", resnet18))
        for name in names
    ]
    mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    with torch.inference_mode():
        network.train()(x)
        resnet18((x - mean) / std)
    for hook in hooks:
        hook.remove()
    for scale, name in zip((2, 4, 8, 16, 32), names, strict=True):
        assert features["ours", name].shape[2:] == (64 // scale, 32 // scale)
        torch.testing.assert_close(features["ours", name], features["theirs", name], rtol=1e-4, atol=1e-4)


def test_training_leaves_the_encoders_statistics_alone(encoder_file):
    network = make_network(Meta(network="resnet18", encoder=str(encoder_file), filters=1)).train()
    before = {name: value.clone() for name, value in network.encoder.state_dict().items()}
    network(torch.rand(2, 3, 32, 32)).sum().backward()
    torch.testing.assert_close(dict(network.encoder.state_dict()), before, rtol=0, atol=0)
    assert all(parameter.grad is None for parameter in network.encoder.parameters())


def test_a_random_frozen_encoder_is_warned_of(encoder_file, caplog):
    with caplog.at_level(logging.WARNING):
        make_network(Meta(network="resnet18", encoder=str(encoder_file)))
        assert caplog.messages == []
        make_network(Meta(network="resnet18"))
    assert "the frozen encoder is random: meta.encoder names no file" in caplog.text


def test_a_file_of_something_else_is_refused_as_encoder(tmp_path, vgg16_file):
    def refusal(path):
        with pytest.raises(UserError) as error:
            make_network(Meta(network="resnet18", encoder=str(path)))
        return str(error.value)

    assert refusal(tmp_path / "none.pth") == f"meta.encoder: {tmp_path}/none.pth: no such file"
    assert "vgg16.pth: not the weights of torchvision's ResNet-18" in refusal(vgg16_file)
    (tmp_path / "page.pth").write_text("<html>", encoding="utf-8")
    assert "page.pth: damaged, or not a state dict of tensors alone" in refusal(tmp_path / "page.pth")
    torch.save({"epoch": 3}, tmp_path / "other.pth")
    assert "other.pth: damaged, or not a state dict of tensors alone" in refusal(tmp_path / "other.pth")
