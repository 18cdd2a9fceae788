import numpy as np
import pytest

from metahdr.errors import ImageError
from metahdr.images.files import check_header, read_hdr
from metahdr.images.primaries import NAMED, to_bt709

WIDTH, HEIGHT = 9, 4
PIXEL = bytes([200, 100, 50, 128])  # 200/256, 100/256 and 50/256
LIGHT = [0.78125, 0.390625, 0.1953125]


def radiance(path, *lines, pixels=PIXEL * WIDTH * HEIGHT):
    header = "\n".join(["#?RADIANCE", *lines, "FORMAT=32-bit_rle_rgbe", "", f"-Y {HEIGHT} +X {WIDTH}", ""])
    path.write_bytes(header.encode() + pixels)
    return path


def everywhere(image, light):
    np.testing.assert_allclose(image, np.broadcast_to(np.float32(light), (HEIGHT, WIDTH, 3)), rtol=1e-5)


def test_exposures_and_corrections_of_several_programs_are_undone(tmp_path):
    path = radiance(tmp_path / "a.hdr", "EXPOSURE=2", "COLORCORR= 0.5 1 2", "EXPOSURE= 4", "COLORCORR=1 1 .5")
    everywhere(read_hdr(path), np.array(LIGHT) / 8 / [0.5, 1, 1])


def test_primaries_are_converted_and_zeros_mean_that_nobody_knows(tmp_path):
    p3 = " ".join(map(str, NAMED["p3d65"]))
    everywhere(read_hdr(radiance(tmp_path / "a.hdr", f"PRIMARIES= {p3}")), to_bt709(NAMED["p3d65"]) @ LIGHT)
    everywhere(read_hdr(radiance(tmp_path / "a.hdr", "PRIMARIES=0 0 0 0 0 0 0 0")), LIGHT)


@pytest.mark.parametrize("line", ["COLORCORR=1 1", "COLORCORR=1 0 1", "EXPOSURE=", "PRIMARIES=1", "EXPOSURE=nan"])
def test_a_line_of_wrong_numbers_is_named(tmp_path, line):
    with pytest.raises(ImageError, match=f"a.hdr: {line.partition('=')[0]}=.* in its header"):
        read_hdr(radiance(tmp_path / "a.hdr", line))


def run(count):
    return bytes([1, 1, 1, count])


@pytest.mark.parametrize(
    "pixels", [PIXEL + run(WIDTH * HEIGHT - 1), (PIXEL + run(WIDTH - 1)) * HEIGHT, PIXEL * 2 + run(34)]
)
def test_the_older_run_lengths_are_read(tmp_path, pixels):
    everywhere(read_hdr(radiance(tmp_path / "a.hdr", pixels=pixels)), LIGHT)


def test_a_second_run_counts_256_times(tmp_path):
    path = tmp_path / "a.hdr"
    radiance(path, pixels=PIXEL + run(3) + run(1) + bytes([0, 0, 0, 0]))
    path.write_bytes(path.read_bytes().replace(b"-Y 4 +X 9", b"-Y 1 +X 261"))
    image = read_hdr(path)
    assert image.shape == (1, 261, 3) and (image[0, :260] == np.float32(LIGHT)).all() and not image[0, 260].any()


@pytest.mark.parametrize("pixels", [PIXEL + run(34), PIXEL + run(36), run(36), PIXEL + run(35)[:3], b""])
def test_runs_that_end_elsewhere_are_refused(tmp_path, pixels):
    with pytest.raises(ImageError, match="truncated or corrupt Radiance pixels"):
        read_hdr(radiance(tmp_path / "a.hdr", pixels=pixels))


def test_a_header_may_tell_a_long_history_and_of_xyz(tmp_path):
    path = radiance(tmp_path / "a.hdr", *["pfilt -x 512"] * 900, "made of a 32-bit_rle_xyze file")
    check_header(path)
    everywhere(read_hdr(path), LIGHT)
