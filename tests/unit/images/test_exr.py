import numpy as np
import OpenEXR
import pytest

from metahdr.errors import ImageError
from metahdr.images.files import read_hdr
from metahdr.images.primaries import BT709, luminance_weights

BT2020 = (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, 0.3127, 0.3290)


@pytest.fixture
def picture(scenery):
    return scenery(3, 40, 48).astype(np.float16)


def write(path, *parts):
    """Parts are pairs of header and channels."""
    listed = [OpenEXR.Part({"name": f"part{i}"} | header, channels) for i, (header, channels) in enumerate(parts)]
    with OpenEXR.File(listed) as file:
        file.write(str(path))
    return path


@pytest.mark.parametrize("name", ["luminance_chroma", "saturated"])
def test_luminance_and_chroma_are_read_as_the_official_library_reads_them(repository, name):
    """A piece of Poly Haven's venice_sunset (CC0), as it is and with saturated shapes painted into it, written and
    read by OpenEXR 3.1's RgbaOutputFile (WRITE_YC) and RgbaInputFile, which rounds to half floats."""
    found = read_hdr(repository / "tests" / "data" / f"{name}.exr")
    expected = np.load(repository / "tests" / "data" / f"{name}.npy").astype(np.float32)
    assert found.shape == expected.shape == (32, 38, 3)
    difference = np.abs(found - expected) / expected.max(-1, keepdims=True)
    assert np.median(difference) < 2e-4
    assert difference.max() < 2e-3


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


@pytest.mark.parametrize("name", ["mipmap.exr", "ripmap.exr"])
def test_of_several_resolutions_the_highest_is_read(repository, name):
    """The corner of the same piece, written with all its levels by OpenEXR 3.1's TiledRgbaOutputFile."""
    expected = np.load(repository / "tests" / "data" / "luminance_chroma.npy")[:20, :24]
    np.testing.assert_array_equal(read_hdr(repository / "tests" / "data" / name), expected.astype(np.float32))


@pytest.mark.parametrize(
    "signal",
    [
        {"colorInteropID": "lin_rec2020_scene"},
        {"oiio:ColorSpace": "lin_rec2020"},
        {"chromaticities": BT2020, "colorInteropID": "lin_ap1_scene"},
        {"colorInteropID": "lin_rec2020_scene", "oiio:ColorSpace": "ACEScg"},
    ],
    ids=str,
)
def test_primaries_are_known_by_several_signals(tmp_path, picture, signal):
    kind, image = {"type": OpenEXR.scanlineimage}, picture.astype(np.float32)
    found = read_hdr(write(tmp_path / "a.exr", (kind | signal, {"RGB": image})))
    matrix = np.array([[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]])
    np.testing.assert_allclose(
        found, np.maximum(image @ matrix.T, 0), rtol=2e-3, atol=2e-3
    )  # ITU-R BT.2087, table 4


def test_the_aces_container_has_its_own_primaries(tmp_path, picture):
    """The matrix of the Academy's transforms, from AP0 to BT.709 with Bradford's adaptation."""
    kind, image = {"type": OpenEXR.scanlineimage, "acesImageContainerFlag": 1}, picture.astype(np.float32)
    matrix = np.array([[2.5217, -1.1341, -0.3876], [-0.2765, 1.3727, -0.0963], [-0.0154, -0.1530, 1.1684]])
    found = read_hdr(write(tmp_path / "a.exr", (kind, {"RGB": image})))
    np.testing.assert_allclose(found, np.maximum(image @ matrix.T, 0), rtol=2e-3, atol=5e-3)


def test_encoded_light_is_refused(tmp_path, picture):
    kind = {"type": OpenEXR.scanlineimage, "colorInteropID": "srgb_rec709_scene"}
    with pytest.raises(ImageError, match=r"a\.exr: its colorInteropID is srgb_rec709_scene; expected"):
        read_hdr(write(tmp_path / "a.exr", (kind, {"RGB": picture})))


def test_a_smooth_picture_packed_into_next_to_nothing_is_read(tmp_path):
    image = np.full((2048, 2048, 3), 0.5, np.float16)
    kind = {"type": OpenEXR.scanlineimage, "compression": OpenEXR.DWAB_COMPRESSION}
    path = write(tmp_path / "a.exr", (kind, {"RGB": image}))
    np.testing.assert_allclose(read_hdr(path), 0.5, rtol=1e-3)


def test_of_several_views_the_one_without_a_prefix_is_read(tmp_path, picture):
    channels = {
        f"{view}{name}": picture[..., i] * n for n, view in ((1, ""), (0, "left.")) for i, name in enumerate("RGB")
    }
    path = write(tmp_path / "a.exr", ({"type": OpenEXR.scanlineimage}, channels))
    np.testing.assert_array_equal(read_hdr(path), picture.astype(np.float32))


def test_the_data_window_is_read_wherever_it_lies(tmp_path, picture):
    window = (np.array([-3, 5], np.int32), np.array([44, 44], np.int32))
    path = write(tmp_path / "a.exr", ({"type": OpenEXR.scanlineimage, "dataWindow": window}, {"RGB": picture}))
    with OpenEXR.File(str(path)) as file:
        assert file.header()["dataWindow"][0].tolist() == [-3, 5]
    np.testing.assert_array_equal(read_hdr(path), picture.astype(np.float32))


def test_luminance_of_other_primaries_has_their_weights_and_becomes_bt709(tmp_path, picture):
    image, kind = picture.astype(np.float32), {"type": OpenEXR.scanlineimage, "chromaticities": BT2020}
    y = image @ np.array([0.2627, 0.6780, 0.0593], np.float32)  # ITU-R BT.2020
    chroma = {"Y": y, "RY": image[..., 0] / y - 1, "BY": image[..., 2] / y - 1}
    found = read_hdr(write(tmp_path / "chroma.exr", (kind, chroma)))
    np.testing.assert_allclose(found, read_hdr(write(tmp_path / "rgb.exr", (kind, {"RGB": image}))), rtol=2e-3)


def test_integers_are_no_light(tmp_path):
    channels = {name: np.ones((8, 8), np.uint32) for name in "RGB"}
    with pytest.raises(ImageError, match=r"channels R, G, B hold integers; expected floats"):
        read_hdr(write(tmp_path / "a.exr", ({"type": OpenEXR.scanlineimage}, channels)))


def test_a_file_without_colours_says_what_it_has(tmp_path):
    plane, kind = np.ones((32, 32), np.float32), {"type": OpenEXR.scanlineimage}
    with pytest.raises(ImageError, match="greyscale"):
        read_hdr(write(tmp_path / "y.exr", (kind, {"Y": plane})))
    with pytest.raises(ImageError, match=r"channels part0: Z; part1: A, Z; expected R, G and B, or Y, RY and BY"):
        read_hdr(write(tmp_path / "z.exr", (kind, {"Z": plane}), (kind, {"A": plane, "Z": plane})))
    with pytest.raises(ImageError, match=r"channels part0: left.B, left.G, left.R; expected"):
        read_hdr(write(tmp_path / "left.exr", (kind, {f"left.{name}": plane for name in "RGB"})))
