import numpy as np
import OpenEXR
import pytest

from metahdr.errors import ImageError
from metahdr.images import read_hdr
from metahdr.primaries import BT709, luminance_weights


@pytest.fixture
def picture(scenery):
    return scenery(3, 40, 48).astype(np.float16)


def write(path, *parts):
    """Parts are pairs of header and channels."""
    listed = [OpenEXR.Part({"name": f"part{i}"} | header, channels) for i, (header, channels) in enumerate(parts)]
    with OpenEXR.File(listed) as file:
        file.write(str(path))
    return path


def test_luminance_and_chroma_are_read_as_the_official_library_reads_them(repository):
    """A piece of Poly Haven's venice_sunset (CC0), written and read by OpenEXR 3.1's RgbaOutputFile (WRITE_YC) and
    RgbaInputFile, which rounds to half floats."""
    found = read_hdr(repository / "tests" / "data" / "luminance_chroma.exr")
    expected = np.load(repository / "tests" / "data" / "luminance_chroma.npy").astype(np.float32)
    assert found.shape == expected.shape == (32, 38, 3)
    difference = np.abs(found - expected) / expected.max(-1, keepdims=True)
    assert np.median(difference) < 3e-4
    assert difference.max() < 5e-3


def test_chroma_of_full_resolution_gives_the_colours_exactly(tmp_path, picture):
    image = picture.astype(np.float32)
    y = image @ luminance_weights(BT709).astype(np.float32)
    channels = {"Y": y, "RY": (image[..., 0] - y) / y, "BY": (image[..., 2] - y) / y}
    found = read_hdr(write(tmp_path / "a.exr", ({"type": OpenEXR.scanlineimage}, channels)))
    np.testing.assert_allclose(found, image, rtol=1e-4, atol=1e-5)


def test_the_weights_of_luminance_are_those_of_bt709():
    np.testing.assert_allclose(luminance_weights(BT709), [0.2126, 0.7152, 0.0722], atol=5e-5)


def test_of_several_parts_the_first_with_colours_is_read(tmp_path, picture):
    depth = {"Z": np.ones((40, 48), np.float32)}
    kind = {"type": OpenEXR.scanlineimage}
    path = write(tmp_path / "a.exr", (kind, depth), (kind, {"RGB": picture}), (kind, {"RGB": picture * 0}))
    np.testing.assert_array_equal(read_hdr(path), picture.astype(np.float32))


def test_tiles_are_read_as_scanlines_are(tmp_path, picture):
    tiles = OpenEXR.TileDescription()
    tiles.xSize, tiles.ySize, tiles.mode = 16, 16, OpenEXR.ONE_LEVEL
    path = write(tmp_path / "a.exr", ({"type": OpenEXR.tiledimage, "tiles": tiles}, {"RGB": picture}))
    np.testing.assert_array_equal(read_hdr(path), picture.astype(np.float32))


def test_a_file_without_colours_says_what_it_has(tmp_path):
    plane, kind = np.ones((32, 32), np.float32), {"type": OpenEXR.scanlineimage}
    with pytest.raises(ImageError, match="greyscale"):
        read_hdr(write(tmp_path / "y.exr", (kind, {"Y": plane})))
    with pytest.raises(ImageError, match=r"channels Z; A, Z; expected R, G and B, or Y, RY and BY"):
        read_hdr(write(tmp_path / "z.exr", (kind, {"Z": plane}), (kind, {"A": plane, "Z": plane})))
