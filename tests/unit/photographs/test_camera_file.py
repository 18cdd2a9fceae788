import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from metahdr.camera.curve import Curve
from metahdr.errors import UserError
from metahdr.photographs.camera_file import load_camera, save_camera
from metahdr.registry import METHODS


@pytest.fixture
def method():
    return METHODS["fake"].load().with_camera(Curve(np.linspace(0, 1, 5) ** 3))


def test_a_camera_comes_back(tmp_path, method):
    save_camera(tmp_path / "camera.safetensors", method, None)
    loaded = load_camera(tmp_path / "camera.safetensors", METHODS["fake"].load(), None)
    np.testing.assert_array_equal(loaded.curve.exposures, np.linspace(0, 1, 5) ** 3)


def test_a_camera_of_other_weights_is_refused(tmp_path, method):
    (tmp_path / "a").write_bytes(b"a")
    (tmp_path / "b").write_bytes(b"b")
    save_camera(tmp_path / "camera", method, tmp_path / "a")
    with pytest.raises(UserError, match="made with weights .*: adapt again"):
        load_camera(tmp_path / "camera", method, tmp_path / "b")


def test_what_is_no_camera_is_one_line(tmp_path, method):
    save_camera(tmp_path / "cut", method, None)
    (tmp_path / "cut").write_bytes((tmp_path / "cut").read_bytes()[:-3])
    torch.save({"gain": torch.ones(1)}, tmp_path / "pickle")
    save_file({"gain": torch.ones(1)}, tmp_path / "other")
    method.gain = torch.tensor([float("nan")])
    save_camera(tmp_path / "nan", method, None)
    for name, message in {
        "none": "no such file; --adapt-on makes it",
        "cut": "damaged, or not a camera",
        "pickle": "damaged, or not a camera",
        "other": "damaged, or not a camera",
        "nan": "gain has values that are not finite",
    }.items():
        with pytest.raises(UserError, match=message):
            load_camera(tmp_path / name, method, None)
