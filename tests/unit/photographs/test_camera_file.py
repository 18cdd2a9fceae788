import numpy as np
import pytest
import torch
from safetensors.numpy import save_file

from metahdr.camera.curve import Curve
from metahdr.errors import UserError
from metahdr.photographs.camera_file import load_camera, save_camera

CURVE = Curve(np.linspace(0, 1, 5) ** 3)


def test_a_camera_comes_back(tmp_path):
    save_camera(tmp_path / "camera.safetensors", CURVE)
    np.testing.assert_array_equal(load_camera(tmp_path / "camera.safetensors").exposures, CURVE.exposures)


def test_what_is_no_camera_is_one_line(tmp_path):
    save_camera(tmp_path / "cut", CURVE)
    (tmp_path / "cut").write_bytes((tmp_path / "cut").read_bytes()[:-3])
    torch.save({"curve": torch.ones(1)}, tmp_path / "pickle")
    save_file({"gain": np.ones(1)}, tmp_path / "other")
    for name, message in {
        "none": "no such file; --adapt-on makes it",
        "cut": "damaged, or not a camera",
        "pickle": "damaged, or not a camera",
        "other": "damaged, or not a camera",
    }.items():
        with pytest.raises(UserError, match=f"{name}: {message}"):
            load_camera(tmp_path / name)


@pytest.mark.parametrize(
    "curve", [[0.0, 0.6, 0.5, 1.0], [0.1, 0.5, 1.0], [[0.0, 1.0]], [1.0], [0.0, float("nan"), 1.0]]
)
def test_a_saved_curve_must_rise_from_0_to_1(tmp_path, curve):
    save_file({"curve": np.array(curve)}, tmp_path / "camera")
    with pytest.raises(UserError, match="camera: its curve does not rise from 0 to 1; adapt again"):
        load_camera(tmp_path / "camera")
