from types import SimpleNamespace

import pytest
import torch

import metahdr.nets.torchvision_cpu  # noqa: F401
from metahdr.weights.lpips import load_lpips


@pytest.fixture(scope="module")
def distance(vgg16_file):
    return load_lpips("vgg", vgg16_file, "meta.vgg16")


def test_the_distance_and_its_gradient_are_those_of_the_package(distance, vgg16_file, monkeypatch):
    import lpips
    from torchvision.models import vgg

    # VGG16 without its classifier, which would take seconds to draw.
    features = vgg.make_layers(vgg.cfgs["D"])
    monkeypatch.setattr(lpips.pn.tv, "vgg16", lambda pretrained: SimpleNamespace(features=features))
    reference = lpips.LPIPS(net="vgg", pnet_rand=True, verbose=False)
    state = torch.load(vgg16_file, weights_only=True)
    layers = {name.split(".")[-2]: name for name in reference.net.state_dict() if name.endswith("weight")}
    assert len(layers) == 13
    for layer, name in layers.items():
        for kind in ("weight", "bias"):
            module = reference.net.get_submodule(name.removesuffix(".weight"))
            getattr(module, kind).data.copy_(state[f"features.{layer}.{kind}"])

    torch.manual_seed(0)
    x, label = torch.rand(2, 2, 3, 32, 48)
    x.requires_grad_()
    ours, theirs = distance(x, label), reference(x, label, normalize=True).flatten()
    assert ours.min() > 0.01
    torch.testing.assert_close(ours, theirs)
    torch.testing.assert_close(*(torch.autograd.grad(d.sum(), x)[0] for d in (ours, theirs)))


def test_an_image_is_at_no_distance_from_itself(distance):
    x = torch.rand(2, 3, 16, 16)
    assert distance(x, x).tolist() == [0, 0]


def test_where_no_feature_is_active_the_gradients_are_zero_and_not_undefined(vgg16_file, tmp_path):
    state = torch.load(vgg16_file, weights_only=True)
    for name, values in state.items():
        values.fill_(-1.0 if name == "features.0.bias" else 0)
    torch.save(state, tmp_path / "dead.pth")
    distance = load_lpips("vgg", tmp_path / "dead.pth", "meta.vgg16")
    x, label = torch.rand(2, 1, 3, 16, 16)
    x.requires_grad_()
    (gradient,) = torch.autograd.grad(distance(x, label).sum(), x, create_graph=True)
    (second,) = torch.autograd.grad((gradient * label).sum(), x)
    assert torch.equal(gradient, torch.zeros_like(x)) and torch.equal(second, torch.zeros_like(x))


def test_nothing_is_drawn_from_the_random_generator(vgg16_file):
    torch.manual_seed(0)
    expected = torch.rand(4)
    torch.manual_seed(0)
    load_lpips("vgg", vgg16_file, "meta.vgg16")
    assert torch.equal(torch.rand(4), expected)
