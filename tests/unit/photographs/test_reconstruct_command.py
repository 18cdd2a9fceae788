"""`metahdr reconstruct`: an HDR image for every photograph that a user may bring, or one clear line."""

from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import torch
from PIL import Image

from metahdr.images.files import read_hdr
from metahdr.meta.learner import Learner
from metahdr.nets.expandnet import ExpandNet
from metahdr.photographs.read import read_photograph
from metahdr.training import checkpoint

GAMMA = ("--method", "gamma_2")


def read_hdr_of(name: str) -> np.ndarray:
    return read_hdr(Path("out") / f"{name}.exr")


def lines(capsys) -> list[str]:
    return capsys.readouterr().err.splitlines()


def test_the_shipped_network_reconstructs_from_any_folder(shoot, reconstruct, capsys):
    shoot("a.jpg")
    reconstruct("a.jpg")
    result = read_hdr_of("a")
    assert result.shape == (96, 128, 3) and np.isfinite(result).all() and result.min() >= 0
    assert capsys.readouterr().out == "out/a.exr\n"


def test_light_is_what_the_method_says_in_every_format(shoot, reconstruct, tmp_path):
    expected = (read_photograph(shoot("a.jpg")).pixels / 255) ** 2
    reconstruct("a.jpg", *GAMMA, "--hdr", "--ultrahdr")
    written = {path.name for path in (tmp_path / "out").iterdir()}
    assert written == {"a.exr", "a.hdr", "a_preview.jpg", "a_ultrahdr.jpg"}
    np.testing.assert_allclose(read_hdr_of("a"), expected, rtol=2**-10, atol=1e-7)
    found = read_hdr(tmp_path / "out" / "a.hdr")
    assert (np.abs(found - expected) <= expected.max(-1, keepdims=True) / 128).all()
    shown = imagecodecs.ultrahdr_decode((tmp_path / "out" / "a_ultrahdr.jpg").read_bytes())[..., :3]
    assert np.median(np.abs(shown - expected)) < 0.01


def test_32_bit_floats_are_exact(shoot, reconstruct):
    expected = (read_photograph(shoot("a.png")).pixels / 255) ** 2
    reconstruct("a.png", *GAMMA, "--float")
    np.testing.assert_allclose(read_hdr_of("a"), expected, rtol=1e-6)


@pytest.mark.parametrize("method", ["ldr", "gamma_2_2", "expandnet", "metahdr", "hdrcnn", "fake"])
def test_every_method_of_single_exposures_takes_photographs(shoot, reconstruct, tmp_path, tiny, method):
    files = {"expandnet": tmp_path / "expandnet.pth", "metahdr": tmp_path / "best.pt"}
    torch.save(ExpandNet().state_dict(), files["expandnet"])
    values = {"parameters": Learner(tiny).state_dict(), "settings": tiny.model_dump_json()}
    checkpoint.save(files["metahdr"], values)
    shoot("a.jpg")
    reconstruct("a.jpg", "--method", method, *(("--weights", str(files[method])) if method in files else ()))
    assert read_hdr_of("a").shape == (96, 128, 3)


@pytest.mark.parametrize(
    ("method", "message"),
    [
        ("debevec", "needs more than a photograph; give one of ldr, gamma_2"),
        ("response", "needs more than a photograph"),
        ("hdrcn", "hdrcn: not one of the methods; did you mean hdrcnn"),
        ("expandnet", "expandnet: no weights are shipped"),
    ],
)
def test_a_method_that_cannot_take_a_photograph_is_one_line(shoot, reconstruct, method, message):
    shoot("a.jpg")
    with pytest.raises(SystemExit, match=message):
        reconstruct("a.jpg", "--method", method)


def test_what_cannot_be_taken_is_one_line_each_and_the_others_are_done(shoot, reconstruct, tmp_path, capsys):
    good, last = shoot("good.jpg"), shoot("last.png")
    (tmp_path / "cut.jpg").write_bytes(good.read_bytes()[:3000])
    (tmp_path / "text.png").write_text("no image", encoding="utf-8")
    for name, pixels in {"black": np.zeros((40, 50, 3)), "white": np.full((40, 50, 3), 255)}.items():
        Image.fromarray(pixels.astype(np.uint8)).save(f"{name}.png")
    Image.new("RGB", (1, 1)).save("one.png")
    Image.new("RGB", (40, 40), (7, 8, 9)).save("plain.png")
    bad = ["cut.jpg", "text.png", "black.png", "white.png", "one.png", "plain.png", "none.png"]
    with pytest.raises(SystemExit, match="7 of 9 photographs were not reconstructed, see above"):
        reconstruct("good.jpg", *bad, "last.png", *GAMMA)
    errors = [line for line in lines(capsys) if line.startswith("error: ")]
    assert [line.split(": ")[1] for line in errors] == bad
    assert {path.name for path in (tmp_path / "out").glob("*.exr")} == {"good.exr", "last.exr"}
    np.testing.assert_array_equal(read_photograph(last).pixels.shape, read_hdr_of("last").shape)


def test_what_systems_leave_beside_photographs_is_left_out_with_a_note(reconstruct, shoot, tmp_path, capsys):
    shoot("a.jpg")
    strays = ["._a.jpg", "Thumbs.db", "desktop.ini"]
    for name in strays:
        (tmp_path / name).write_bytes(b"x")
    reconstruct("a.jpg", *strays, *GAMMA)
    notes = [line for line in lines(capsys) if line.startswith("note: ")]
    assert [line.split(": ")[1] for line in notes] == strays
    assert {path.name for path in (tmp_path / "out").glob("*.exr")} == {"a.exr"}


def test_libraries_print_nothing_beside(shoot, reconstruct, tmp_path, capfd):
    code = shoot("a.tif").read_bytes()
    (tmp_path / "cut.tif").write_bytes(code[: len(code) // 2])
    with Image.open("a.tif") as image:
        image.save("lzw.tif", compression="tiff_lzw")
    code = bytearray((tmp_path / "lzw.tif").read_bytes())
    code[2000:2040] = bytes(40)
    (tmp_path / "damaged.tif").write_bytes(code)
    with pytest.raises(SystemExit, match="2 of 2"):
        reconstruct("cut.tif", "damaged.tif", *GAMMA)
    assert [line.split(": ")[:2] for line in capfd.readouterr().err.splitlines()] == [
        ["error", "cut.tif"],
        ["error", "damaged.tif"],
    ]


def test_grey_is_reconstructed_with_a_note(reconstruct, shoot, capsys):
    Image.open(shoot("a.png")).convert("L").save("grey.png")
    reconstruct("grey.png", *GAMMA)
    assert lines(capsys) == [
        "note: grey.png: greyscale: light that was clipped is recovered without colour information"
    ]
    assert read_hdr_of("grey").shape == (96, 128, 3)


def test_nothing_is_overwritten(shoot, reconstruct, tmp_path):
    (tmp_path / "other").mkdir()
    shoot("a.jpg")
    shoot("other/a.jpg")
    with pytest.raises(SystemExit, match="out/a.exr: two of the photographs would be written there"):
        reconstruct("a.jpg", "other/a.jpg")
    (tmp_path / "out").mkdir()
    shoot("out/b_ultrahdr.jpg")
    shoot("b.jpg")
    with pytest.raises(SystemExit, match="out/b_ultrahdr.jpg: would overwrite a photograph"):
        reconstruct("b.jpg", "out/b_ultrahdr.jpg", "--ultrahdr")


def test_a_folder_that_cannot_be_written_is_one_line(shoot, reconstruct, tmp_path, capsys):
    shoot("a.jpg")
    (tmp_path / "out").touch()
    with pytest.raises(SystemExit, match="1 of 1 photographs"):
        reconstruct("a.jpg", *GAMMA)
    assert lines(capsys) == ["error: out: cannot be written (File exists)"]


def stops_off(found: np.ndarray, truth: np.ndarray) -> float:
    """Mean distance of two images in stops, where neither is dark."""
    return float(np.abs(np.log2((found + 0.01) / (truth + 0.01))).mean())


@pytest.mark.parametrize("exif", [True, False])
def test_a_bracket_is_the_light_of_the_view(shoot, reconstruct, view, exif):
    names = [str(shoot(f"ev{ev}.jpg", ev, exif=exif)) for ev in (0, -3, 3)]
    reconstruct("--bracket", *names, *(() if exif else ("--ev", "0", "-3", "3")), "--method", "fake")
    found = read_hdr_of("ev0_bracket")
    truth = view()
    assert found.shape == truth.shape
    known = truth.max(-1) < 7  # three stops above where EV 0 clips
    assert stops_off(found[known], truth[known]) < 0.15


def test_adaptation_to_a_bracket_finds_the_camera(shoot, reconstruct, view, tmp_path, capsys):
    names = [str(shoot(f"ev{ev}.jpg", ev)) for ev in (-2, 0, 2)]
    shoot("b.jpg", seed=1)
    truth = np.minimum(view(1), 1)
    reconstruct("b.jpg", "--method", "fake")
    alone = stops_off(read_hdr_of("b"), truth)
    reconstruct("--method", "fake", "b.jpg", "--adapt-on", *names, "--camera", "camera.safetensors")
    assert "the camera is saved as camera.safetensors" in lines(capsys)
    adapted = read_hdr_of("b")
    assert stops_off(adapted, truth) < alone / 2
    reconstruct("b.jpg", "--method", "fake", "--camera", "camera.safetensors")
    np.testing.assert_array_equal(read_hdr_of("b"), adapted)
    reconstruct("--adapt-on", *names, "b.jpg", "--method", "fake")  # three exposures, then photographs
    np.testing.assert_array_equal(read_hdr_of("b"), adapted)
    with pytest.raises(SystemExit, match="camera.safetensors: is there already"):
        reconstruct("b.jpg", "--method", "fake", "--adapt-on", *names, "--camera", "camera.safetensors")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "no photograph to reconstruct"),
        (("--adapt-on", "a", "b", "c"), "no photograph to reconstruct: name them first, before --adapt-on"),
        (("a", "--ev", "1"), "--ev: belongs to the exposures of --bracket or --adapt-on"),
        (("a", "--bracket", "b", "c"), "a: --bracket merges its own exposures alone"),
        (("a", "--adapt-on", "b", "c", "--method", "ldr"), "--method ldr: cannot be adapted to a camera"),
        (("a", "--camera", "b", "--method", "ldr"), "--method ldr: cannot be adapted to a camera"),
        (("a", "--camera", "b", "--method", "fake"), "b: no such file; --adapt-on makes it"),
        (("--adapt-on", *"abcd", "--camera", "f"), "--adapt-on: which of the 4 files are the bracket"),
        (("--bracket", "a", "b"), "a: no such file"),
    ],
)
def test_arguments_that_do_not_fit_are_one_line(reconstruct, words, message):
    method = () if "--method" in words else ("--method", "fake")
    with pytest.raises(SystemExit, match=f"error: {message}"):
        reconstruct(*words, *method)


def test_a_bracket_that_cannot_be_taken_is_one_line(shoot, reconstruct):
    names = [str(shoot(f"{i}.jpg")) for i in range(2)]
    with pytest.raises(SystemExit, match="error: 0.jpg, 1.jpg: equal exposures"):
        reconstruct("--bracket", *names, "--method", "fake")
