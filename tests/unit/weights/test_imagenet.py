import logging
import pickle

import numpy as np
import pytest
import torch

import metahdr.nets.torchvision_cpu  # noqa: F401
from metahdr.errors import UserError
from metahdr.weights.imagenet import ALEXNET, VGG16, load_mobilenet_v3, read_convolutions


def test_the_same_weights_come_out_of_both_kinds_of_file(vgg16_file, tmp_path):
    state = torch.load(vgg16_file, weights_only=True)
    layers = [name.removesuffix(".weight") for name in state if name.endswith(".weight")]
    pairs = {
        f"Conv_{index}": {
            "kernel": state[f"{layer}.weight"].permute(2, 3, 1, 0).contiguous().numpy(),
            "bias": state[f"{layer}.bias"].numpy(),
        }
        for index, layer in enumerate(layers)
    }
    path = tmp_path / "vgg16.ckpt"
    path.write_bytes(pickle.dumps({"VGG16_0": pairs}, protocol=3))
    expected = [state[f"{layer}.{kind}"] for layer in layers for kind in ("weight", "bias")]
    assert len(expected) == 26
    for kind in (vgg16_file, path):
        torch.testing.assert_close(read_convolutions(VGG16, kind, "meta.vgg16"), expected, rtol=0, atol=0)


def test_alexnets_kernels_of_several_sizes_are_read(tmp_path):
    kernels = {"Conv_0": (11, 11, 3, 64), "Conv_1": (5, 5, 64, 192), "Conv_2": (3, 3, 192, 384)}
    kernels |= {"Conv_3": (3, 3, 384, 256), "Conv_4": (3, 3, 256, 256)}  # the published file's
    rng = np.random.default_rng(0)
    layers = {
        name: {"kernel": rng.random(shape, np.float32), "bias": rng.random(shape[3], np.float32)}
        for name, shape in kernels.items()
    }
    heads = {"NetLinLayer_0": {"kernel": np.zeros((1, 1, 64, 1), np.float32)}}
    path = tmp_path / "alexnet.ckpt"
    path.write_bytes(pickle.dumps({"AlexNet_0": layers, **heads}, protocol=3))
    found = read_convolutions(ALEXNET, path, "alexnet")
    assert len(found) == 10
    for layer, weight, bias in zip(layers.values(), found[::2], found[1::2], strict=True):
        assert weight[5, 2, 0, 1] == layer["kernel"][0, 1, 2, 5]
        assert weight.shape[:2] == layer["kernel"].shape[:1:-1]
        assert torch.equal(bias, torch.from_numpy(layer["bias"]))
    with pytest.raises(UserError, match="alexnet.ckpt: not a list of 26 arrays"):
        read_convolutions(VGG16, path, "meta.vgg16")


def test_torchvisions_older_file_format_is_read(vgg16_file, tmp_path):
    state = torch.load(vgg16_file, weights_only=True)
    torch.save(state, tmp_path / "old.pth", _use_new_zipfile_serialization=False)
    torch.testing.assert_close(
        *(read_convolutions(VGG16, path, "meta.vgg16") for path in (tmp_path / "old.pth", vgg16_file)),
        rtol=0,
        atol=0,
    )


def test_other_files_are_refused_with_the_key_and_what_was_found(tmp_path):
    def refusal(path):
        with pytest.raises(UserError) as error:
            read_convolutions(VGG16, path, "meta.vgg16")
        return str(error.value)

    for name in ("none.pth", "none.ckpt"):
        assert refusal(tmp_path / name) == f"meta.vgg16: {tmp_path}/{name}: no such file"
    torch.save({"features.0.weight": torch.zeros(64, 3, 11, 11)}, tmp_path / "alex.pth")
    assert refusal(tmp_path / "alex.pth").endswith(
        "alex.pth: not VGG16's weights (features.0.weight: found (64, 3, 11, 11), expected (64, 3, 3, 3))"
    )
    torch.save({"conv1.weight": torch.zeros(1)}, tmp_path / "resnet.pth")
    assert refusal(tmp_path / "resnet.pth").endswith(
        "resnet.pth: not VGG16's weights (features.0.weight: found none, expected (64, 3, 3, 3))"
    )


def test_a_file_that_would_run_code_is_refused_and_does_not(tmp_path):
    class Bomb:
        def __reduce__(self):
            return exec, (f"open({str(tmp_path / 'ran')!r}, 'w')",)

    for name in ("bomb.pth", "bomb.ckpt"):
        path = tmp_path / name
        path.write_bytes(pickle.dumps({"features.0.weight": Bomb()}, protocol=2))
        with pytest.raises(UserError, match=name):
            read_convolutions(VGG16, path, "meta.vgg16")
    assert not (tmp_path / "ran").exists()


@pytest.fixture
def mobilenet_v3():
    from torchvision.models import mobilenet_v3_large

    network = mobilenet_v3_large()
    network.classifier = torch.nn.Identity()
    return network


def test_mobilenets_weights_are_read_without_the_classifiers(mobilenet_v3, tmp_path, caplog):
    published = {name: torch.rand_like(value.float()) for name, value in mobilenet_v3.state_dict().items()}
    file = published | {"classifier.0.bias": torch.zeros(1280), "classifier.3.bias": torch.zeros(1000)}
    torch.save(file, tmp_path / "mobilenet.pth")
    load_mobilenet_v3(mobilenet_v3, tmp_path / "mobilenet.pth", "auto.encoder")
    for name, value in mobilenet_v3.state_dict().items():
        assert torch.equal(value, published[name].to(value.dtype)), name
    assert caplog.messages == []


def test_without_a_file_the_encoder_stays_as_it_was_drawn_with_one_warning(mobilenet_v3, caplog):
    before = {name: value.clone() for name, value in mobilenet_v3.state_dict().items()}
    with caplog.at_level(logging.WARNING):
        load_mobilenet_v3(mobilenet_v3, None, "auto.encoder")
    torch.testing.assert_close(dict(mobilenet_v3.state_dict()), before, rtol=0, atol=0)
    assert caplog.messages == [
        "the frozen encoder is random: auto.encoder names no file of MobileNetV3-Large's weights, "
        "such as torchvision's mobilenet_v3_large-5c1a4163.pth"
    ]


def test_a_file_of_something_else_is_refused_as_mobilenets(mobilenet_v3, vgg16_file, tmp_path):
    with pytest.raises(UserError) as error:
        load_mobilenet_v3(mobilenet_v3, tmp_path / "none.pth", "auto.encoder")
    assert str(error.value) == f"auto.encoder: {tmp_path}/none.pth: no such file"
    with pytest.raises(UserError, match="vgg16.pth: not the weights of torchvision's MobileNetV3-Large"):
        load_mobilenet_v3(mobilenet_v3, vgg16_file, "auto.encoder")
