import pickle

import pytest
import torch

from metahdr.errors import UserError
from metahdr.weights.imagenet import read_vgg16


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
        torch.testing.assert_close(read_vgg16(kind, "meta.vgg16"), expected, rtol=0, atol=0)


def test_torchvisions_older_file_format_is_read(vgg16_file, tmp_path):
    state = torch.load(vgg16_file, weights_only=True)
    torch.save(state, tmp_path / "old.pth", _use_new_zipfile_serialization=False)
    torch.testing.assert_close(
        read_vgg16(tmp_path / "old.pth", "meta.vgg16"), read_vgg16(vgg16_file, "meta.vgg16"), rtol=0, atol=0
    )


def test_other_files_are_refused_with_the_key_and_what_was_found(tmp_path):
    def refusal(path):
        with pytest.raises(UserError) as error:
            read_vgg16(path, "meta.vgg16")
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
            read_vgg16(path, "meta.vgg16")
    assert not (tmp_path / "ran").exists()
