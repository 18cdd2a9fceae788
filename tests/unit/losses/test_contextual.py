import pytest
import torch

import metahdr.nets.torchvision_cpu  # noqa: F401
from metahdr.errors import UserError
from metahdr.losses.contextual import ContextualBilateral
from metahdr.losses.stack import contextual_bilateral_loss


@pytest.fixture(scope="module")
def vgg19():
    """VGG-19 without its classifier, whose last four convolutions are zeros."""
    from torchvision.models import vgg

    with torch.device("meta"):
        layers = vgg.make_layers(vgg.cfgs["E"])
    generator, state = torch.Generator().manual_seed(0), {}
    for name, value in layers.state_dict().items():
        state[name] = torch.zeros(1).expand(value.shape)
        if int(name.split(".")[0]) <= 25:
            spread = (2 / value[0].numel()) ** 0.5 if value.ndim > 1 else 0.1
            state[name] = spread * torch.randn(value.shape, generator=generator)
    layers.load_state_dict(state, assign=True)
    return layers.requires_grad_(False)


@pytest.fixture(scope="module")
def loss(vgg19, tmp_path_factory):
    path = tmp_path_factory.mktemp("vgg19") / "vgg19.pth"
    torch.save({f"features.{name}": value for name, value in vgg19.state_dict().items()}, path)
    return ContextualBilateral(path, "stack.vgg19")


def test_it_compares_the_last_features_before_the_third_and_the_fourth_pooling(loss, vgg19):
    from torchvision.transforms.functional import normalize

    torch.manual_seed(0)
    images, expected = torch.rand(2, 2, 3, 16, 24), 0
    for depth, shape in ((18, (256, 4, 6)), (27, (512, 2, 3))):
        assert isinstance(vgg19[depth], torch.nn.MaxPool2d)
        ours, theirs = (
            vgg19[:depth](normalize(image, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))) for image in images
        )
        assert ours.shape[1:] == shape
        expected += contextual_bilateral_loss(ours, theirs)
    torch.testing.assert_close(loss(*images), expected)


def test_the_gradient_reaches_the_prediction_and_an_equal_image_has_no_loss(loss):
    torch.manual_seed(0)
    prediction, label = torch.rand(2, 1, 3, 16, 16)
    assert loss(label, label).item() == pytest.approx(0, abs=1e-5)
    loss(prediction.requires_grad_(), label).backward()
    assert prediction.grad.abs().max() > 0
    assert all(parameter.grad is None for parameter in loss.parameters())


def test_another_networks_weights_are_refused_with_the_key(vgg16_file):
    with pytest.raises(
        UserError, match=r"stack\.vgg19: .*: not VGG-19's weights \(features\.16\.weight: found none"
    ):
        ContextualBilateral(vgg16_file, "stack.vgg19")
