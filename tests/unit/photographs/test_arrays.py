"""`metahdr.reconstruct`, and the examples of docs/photographs.md."""

import re
import shlex

import numpy as np
import pytest

import metahdr
from metahdr.camera.exposure import expose
from metahdr.camera.response import Response
from metahdr.errors import UserError
from metahdr.images.files import read_hdr
from metahdr.photographs.read import read_photograph


@pytest.fixture
def album(shoot):
    for name, ev in {"A.jpg": -2, "B.jpg": 0, "C.jpg": 2}.items():
        shoot(name, ev)
    for seed, name in enumerate(["IMG_0001.jpg", "IMG_0002.heic", "IMG_0007.jpg", "IMG_0008.jpg"]):
        shoot(name, seed=seed)


def blocks(repository, kind: str) -> list[str]:
    return re.findall(
        rf"```{kind}\n(.*?)```", (repository / "docs/photographs.md").read_text(encoding="utf-8"), re.DOTALL
    )


def test_the_example_in_python_runs(repository, album):
    (example,) = blocks(repository, "python")
    names: dict = {}
    exec(example, names)
    np.testing.assert_array_equal(names["merged"], names["bracket"])
    assert names["light"].shape == (96, 128, 3) and names["light"].dtype == np.float32


def test_the_examples_of_the_command_run(repository, album, reconstruct, tmp_path):
    commands = [line.partition("#")[0] for block in blocks(repository, "") for line in block.splitlines()]
    assert len(commands) == 5
    for command in commands:
        program, subcommand, *words = shlex.split(command)
        assert (program, subcommand) == ("metahdr", "reconstruct")
        reconstruct(*words, "--method", "fake")
    made = {path.name for path in (tmp_path / "out").glob("*.exr")}
    assert made == {"IMG_0001.exr", "IMG_0002.exr", "A_bracket.exr", "IMG_0007.exr", "IMG_0008.exr"}


def test_arrays_of_any_depth_give_what_a_file_gives(shoot, reconstruct, tmp_path):
    reconstruct(str(shoot("a.png")), "--method", "gamma_2", "--float")
    pixels = read_photograph(tmp_path / "a.png").pixels
    expected = read_hdr(tmp_path / "out" / "a.exr")
    for image in (
        pixels,
        pixels.astype(np.uint16) * 257,
        pixels / 255,
        (pixels / 255).astype(np.float32),
        "a.png",
    ):
        np.testing.assert_allclose(metahdr.reconstruct(image, method="gamma_2"), expected, rtol=1e-5, atol=1e-9)
    np.testing.assert_array_equal(metahdr.reconstruct([pixels], method="gamma_2"), expected)


def test_a_bracket_of_arrays_is_the_light_of_the_view(view):
    truth = view()
    exposures = [expose(truth, ev, Response(0.9, 0.6)) for ev in (-3, 0, 3)]
    found = metahdr.reconstruct(exposures, ev=[-3, 0, 3], method="fake")
    known = truth.max(-1) < 7
    assert np.abs(np.log2((found + 0.01) / (truth + 0.01)))[known].mean() < 0.15


@pytest.mark.parametrize(
    ("images", "ev", "message"),
    [
        (np.zeros((40, 50)), None, r"the image: float64 \(40, 50\); expected"),
        (np.zeros((40, 50, 3), np.int64), None, "the image: int64"),
        (np.full((40, 50, 3), 2.0), None, r"the image: floats outside \[0, 1\]"),
        (np.full((40, 50, 3), np.nan), None, r"the image: floats outside \[0, 1\]"),
        (np.zeros((40, 50, 3), np.uint8), None, "the image: all black"),
        ("none.jpg", None, "none.jpg: no such file"),
        ([np.eye(40)[..., None].repeat(3, 2)] * 2, None, "image 1: its EXIF data have no exposure time"),
        ([np.eye(40)[..., None].repeat(3, 2)] * 2, [0, 0], "equal exposures"),
        ([], None, "no image"),
    ],
)
def test_what_cannot_be_taken_is_one_line(images, ev, message):
    with pytest.raises(UserError, match=message):
        metahdr.reconstruct(images, ev, method="fake")


def test_there_is_nothing_else_to_import():
    with pytest.raises(AttributeError, match="module 'metahdr' has no attribute 'reconstuct'"):
        _ = metahdr.reconstuct
