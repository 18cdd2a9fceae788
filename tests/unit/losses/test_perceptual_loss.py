import pytest
import torch

import metahdr.nets.torchvision_cpu  # noqa: F401
from metahdr.errors import UserError
from metahdr.losses.perceptual import Perceptual


@pytest.fixture(scope="module")
def loss(vgg16_file):
    return Perceptual(vgg16_file, "perceptual.vgg16")


def test_it_is_the_l1_of_torchvisions_features_after_the_first_three_poolings(loss, vgg16_file):
    from torchvision.models import vgg
    from torchvision.transforms.functional import normalize

    # VGG16 without its classifier, which would take seconds to draw.
    features = vgg.make_layers(vgg.cfgs["D"])
    state = torch.load(vgg16_file, weights_only=True)
    features.load_state_dict(
        {name.removeprefix("features."): value for name, value in state.items() if name.startswith("features.")}
    )
    torch.manual_seed(0)
    prediction, label = torch.rand(2, 2, 3, 32, 48)
    expected = 0
    for depth, shape in ((5, (64, 16, 24)), (10, (128, 8, 12)), (17, (256, 4, 6))):
        ours, theirs = (
            features[:depth](normalize(image, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
            for image in (prediction, label)
        )
        assert ours.shape[1:] == shape
        expected += (ours - theirs).abs().mean()
    assert expected > 0.1
    torch.testing.assert_close(loss(prediction, label), expected)


def test_an_equal_image_has_no_loss(loss):
    x = torch.rand(1, 3, 16, 16)
    assert loss(x, x).item() == 0


def test_the_gradient_reaches_the_prediction_and_no_weight_of_the_network(loss):
    torch.manual_seed(0)
    prediction, label = torch.rand(2, 1, 3, 16, 16)
    loss(prediction.requires_grad_(), label).backward()
    assert prediction.grad.abs().max() > 0
    assert all(parameter.grad is None for parameter in loss.parameters())


def test_nothing_is_drawn_from_the_random_generator(vgg16_file):
    torch.manual_seed(0)
    expected = torch.rand(4)
    torch.manual_seed(0)
    Perceptual(vgg16_file, "perceptual.vgg16")
    assert torch.equal(torch.rand(4), expected)


def test_a_missing_file_is_refused_with_the_key(tmp_path):
    with pytest.raises(UserError) as error:
        Perceptual(tmp_path / "none.pth", "perceptual.vgg16")
    assert str(error.value) == f"perceptual.vgg16: {tmp_path}/none.pth: no such file"
