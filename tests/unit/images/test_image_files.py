import resource
import runpy
import struct
import zlib
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import OpenEXR
import pytest
import tifffile
from PIL import Image

from metahdr.errors import ImageError
from metahdr.images.files import read_hdr, read_ldr, repair, write_exr
from metahdr.images.luminance import luminance

# Three mantissas and an exponent e: the value is mantissa * 2^(e - 136).
RGBE = [
    [[128, 64, 32, 129], [255, 1, 0, 136], [0, 0, 0, 0]],
    [[200, 100, 50, 128], [16, 8, 4, 140], [9, 3, 1, 132]],
]
VALUES = [
    [[1, 0.5, 0.25], [255, 1, 0], [0, 0, 0]],
    [[0.78125, 0.390625, 0.1953125], [256, 128, 64], [0.5625, 0.1875, 0.0625]],
]
HEADER = b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n"
DAMAGED = (
    "runs.hdr flat.hdr zip.exr piz.exr dwaa.exr tiled.exr mipmap.exr chroma.exr parts.exr "
    "baseline.jpg 8.png 16.png 8.tif lzw16.tif"
)
BT2020 = (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, 0.3127, 0.3290)


def radiance(folder: Path, header: bytes = HEADER, resolution: bytes = b"-Y 2 +X 3\n") -> Path:
    path = folder / "image.hdr"
    path.write_bytes(header + resolution + bytes(np.array(RGBE, np.uint8)))
    return path


def openexr(folder: Path, channels: dict, **header) -> Path:
    path = folder / "image.exr"
    OpenEXR.File(header, channels).write(str(path))
    return path


def test_a_radiance_file_written_byte_by_byte_reads_to_its_exact_values(tmp_path):
    image = read_hdr(radiance(tmp_path))
    assert image.dtype == np.float32
    np.testing.assert_array_equal(image, VALUES)


@pytest.mark.parametrize(
    "header",
    [
        b"#?RGBE\nFORMAT=32-bit_rle_rgbe\n\n",
        b"#?PICTURE\nFORMAT=32-bit_rle_rgbe\n\n",
        b"#?RADIANCE\n# a comment\nSOFTWARE=some camera\nFORMAT=32-bit_rle_rgbe\nGAMMA=1\n\n",
        b"#?RADIANCE\n\n",
        b"#?RADIANCE\r\nFORMAT=32-bit_rle_rgbe\r\n\r\n",
    ],
    ids=["rgbe", "other first line", "comments", "no format", "crlf"],
)
def test_an_unusual_radiance_header_changes_no_pixel(tmp_path, header):
    np.testing.assert_array_equal(read_hdr(radiance(tmp_path, header)), VALUES)


def test_the_exposures_of_a_radiance_header_divide_the_pixels(tmp_path):
    header = HEADER.replace(b"\n\n", b"\nEXPOSURE=2.0\nEXPOSURE= 0.25\n\n")
    np.testing.assert_array_equal(read_hdr(radiance(tmp_path, header)), np.array(VALUES) / 0.5)


@pytest.mark.parametrize(
    ("resolution", "rows", "columns"), [(b"+Y 2 +X 3\n", -1, 1), (b"-Y 2 -X 3\n", 1, -1), (b"+Y 2 -X 3\n", -1, -1)]
)
def test_flipped_radiance_scanlines_are_turned_back(tmp_path, resolution, rows, columns):
    image = read_hdr(radiance(tmp_path, resolution=resolution))
    np.testing.assert_array_equal(image, np.array(VALUES)[::rows, ::columns])


def test_run_lengths_of_a_radiance_scanline_are_decoded(tmp_path):
    red, constant = bytes([8, *range(1, 9)]), 128 + 8
    scanline = bytes([2, 2, 0, 8]) + red + bytes([constant, 40, constant, 0, constant, 136])
    path = tmp_path / "runs.hdr"
    path.write_bytes(HEADER + b"-Y 1 +X 8\n" + scanline)
    np.testing.assert_array_equal(read_hdr(path), [[[i, 40, 0] for i in range(1, 9)]])


def _cut(path: Path, share: float = 0.7) -> Path:
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return path


BROKEN = {
    "a truncated .hdr": (lambda d: _cut(radiance(d), 0.9), "truncated or corrupt"),
    "an .hdr of XYZ pixels": (lambda d: radiance(d, HEADER.replace(b"rgbe", b"xyze")), "XYZ"),
    "an .hdr of columns": (lambda d: radiance(d, resolution=b"+X 3 -Y 2\n"), "no resolution line"),
    "a truncated .exr": (lambda d: _cut(openexr(d, {"RGB": np.ones((64, 64, 3), np.float32)})), "truncated"),
    "a grey .exr": (lambda d: openexr(d, {"Y": np.ones((4, 4), np.float32)}), "greyscale"),
    "an .exr of depths": (lambda d: openexr(d, {"Z": np.ones((4, 4), np.float32)}), "expected R, G and B"),
    "a missing file": (lambda d: d / "missing.exr", "no such file"),
}


@pytest.mark.parametrize(("make", "reason"), BROKEN.values(), ids=BROKEN)
def test_a_file_that_is_no_rgb_hdr_image_is_refused_in_one_line_that_names_it(tmp_path, make, reason):
    path = make(tmp_path)
    with pytest.raises(ImageError, match=reason) as refusal:
        read_hdr(path)
    assert str(path) in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_an_exr_of_other_primaries_is_converted_to_bt709(tmp_path):
    # BT.709's red, green, blue and white in BT.2020's primaries (ITU-R BT.2087, equation 1).
    bt2020 = [[0.6274, 0.0691, 0.0164], [0.3293, 0.9195, 0.0880], [0.0433, 0.0114, 0.8956], [1, 1, 1]]
    path = openexr(tmp_path, {"RGB": np.array([bt2020], np.float32)}, chromaticities=BT2020)
    np.testing.assert_allclose(read_hdr(path)[0], [*np.eye(3), [1, 1, 1]], atol=5e-4)


def test_bt709_seen_from_d50_keeps_its_values(tmp_path):
    # sRGB's primaries adapted to D50, as ICC profiles and some of Poly Haven's files state them.
    d50 = (0.6484, 0.3309, 0.3212, 0.5979, 0.1559, 0.0661, 0.3457, 0.3585)
    image = np.random.default_rng(0).random((4, 4, 3), np.float32)
    np.testing.assert_array_equal(read_hdr(openexr(tmp_path, {"RGB": image}, chromaticities=d50)), image)


def test_a_file_of_another_format_is_told_what_is_expected(tmp_path):
    (tmp_path / "image.png").touch()
    with pytest.raises(ImageError, match=r"image\.png: \.png is not an HDR format; expected \.hdr or \.exr"):
        read_hdr(tmp_path / "image.png")


@pytest.mark.parametrize(
    ("header", "resolution"),
    [
        (HEADER.replace(b"\n\n", b"\nEXPOSURE=bright\n\n"), b"-Y 2 +X 3\n"),
        (HEADER.replace(b"\n\n", b"\nEXPOSURE=0\n\n"), b"-Y 2 +X 3\n"),
        (HEADER, b"-Y 3000000 +X 3000000\n"),
    ],
    ids=["exposure in words", "exposure 0", "size beyond OpenCV's limit"],
)
def test_a_radiance_header_out_of_its_senses_is_refused(tmp_path, header, resolution):
    with pytest.raises(ImageError, match=r"image\.hdr"):
        read_hdr(radiance(tmp_path, header, resolution))


def test_an_exposure_in_a_comment_is_no_exposure(tmp_path):
    header = HEADER.replace(b"\n\n", b"\n# was EXPOSURE=2 before\n\n")
    np.testing.assert_array_equal(read_hdr(radiance(tmp_path, header)), VALUES)


def test_separate_channels_alpha_and_bt709_primaries_of_an_exr_are_read(tmp_path):
    values = {"R": 1, "G": 2, "B": 3, "A": 0.5}
    channels = {name: np.full((2, 2), value, np.float32) for name, value in values.items()}
    bt709 = (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, 0.3127, 0.3290)
    image = read_hdr(openexr(tmp_path, channels, chromaticities=bt709))
    np.testing.assert_array_equal(image, np.broadcast_to([1, 2, 3], (2, 2, 3)))


def test_half_floats_keep_eleven_bits_and_saturate(tmp_path):
    image = np.exp(np.random.default_rng(0).uniform(-6, 11, (16, 16, 3))).astype(np.float32)
    image[0, 0] = 1e6, np.inf, 65504
    write_exr(tmp_path / "half.exr", image)
    back = read_hdr(tmp_path / "half.exr")
    np.testing.assert_allclose(back[1:], image[1:], rtol=2**-11)
    np.testing.assert_array_equal(back[0, 0], 65504)


def test_floats_are_written_exactly_and_red_is_the_first_channel(tmp_path):
    image = np.random.default_rng(0).uniform(0, 1e6, (4, 6, 3)).astype(np.float32)
    write_exr(tmp_path / "float.exr", image, half=False)
    np.testing.assert_array_equal(read_hdr(tmp_path / "float.exr"), image)
    with OpenEXR.File(str(tmp_path / "float.exr"), separate_channels=True) as file:
        np.testing.assert_array_equal(file.channels()["R"].pixels, image[..., 0])


def test_an_rgb_png_reads_exactly(tmp_path):
    image = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)
    cv2.imwrite(str(tmp_path / "image.png"), image[..., ::-1])
    np.testing.assert_array_equal(read_ldr(tmp_path / "image.png"), image)


def test_a_grey_png_is_refused(tmp_path):
    cv2.imwrite(str(tmp_path / "grey.png"), np.zeros((4, 4), np.uint8))
    with pytest.raises(ImageError, match=r"grey\.png: greyscale; expected RGB of 8 or 16 bits"):
        read_ldr(tmp_path / "grey.png")


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_16_bits_are_kept(tmp_path, suffix):
    pixels = np.random.default_rng(0).integers(0, 65536, (20, 30, 3), np.uint16)
    cv2.imwrite(str(tmp_path / f"deep{suffix}"), pixels[..., ::-1])
    np.testing.assert_array_equal(read_ldr(tmp_path / f"deep{suffix}"), pixels)
    tifffile.imwrite(tmp_path / "other.tif", pixels, photometric="rgb")  # by another library
    np.testing.assert_array_equal(read_ldr(tmp_path / "other.tif"), pixels)


def with_size(path, width, height):
    """The file with another size in its header, and a checksum that fits."""
    data = path.read_bytes()
    if path.suffix == ".exr":
        at = data.index(b"dataWindow\0box2i\0") + 21
        data = data[:at] + struct.pack("<4i", 0, 0, width - 1, height - 1) + data[at + 16 :]
    elif path.suffix == ".hdr":
        data = data.replace(b"-Y 16 +X 16", b"-Y %d +X %d" % (height, width))
    elif path.suffix == ".png":
        header = b"IHDR" + struct.pack(">2I", width, height) + data[24:29]
        data = data[:12] + header + struct.pack(">I", zlib.crc32(header)) + data[33:]
    elif path.suffix == ".tif":
        for tag, value in ((256, width), (257, height)):
            at = data.index(struct.pack("<2HI", tag, 4, 1))
            data = data[:at] + struct.pack("<2H2I", tag, 4, 1, value) + data[at + 12 :]
    else:
        at = data.index(b"\xff\xc0") + 5
        data = data[:at] + struct.pack(">2H", height, width) + data[at + 4 :]
    path.write_bytes(data)


def square(path):
    """A picture of 16x16 pixels in the format of the file's name, and what reads it."""
    image = np.random.default_rng(0).random((16, 16, 3), np.float32)
    if path.suffix == ".exr":
        write_exr(path, image)
    elif path.suffix == ".hdr":
        cv2.imwrite(str(path), image)
    elif path.suffix == ".tif":
        tag = [(code, "I", 1, 16, True) for code in (256, 257)]
        tifffile.imwrite(path, (image * 255).astype(np.uint8), photometric="rgb", extratags=tag)
    else:
        cv2.imwrite(str(path), (image * 255).astype(np.uint8))
    read = read_hdr if path.suffix in (".exr", ".hdr") else read_ldr
    assert read(path).shape == (16, 16, 3)
    return read


@pytest.mark.parametrize("size", [(65535, 65535), (60_000, 4000)])
@pytest.mark.parametrize("suffix", [".exr", ".hdr", ".png", ".jpg", ".tif"])
def test_a_header_of_absurd_size_is_refused_before_memory_is_taken(tmp_path, suffix, size):
    path = tmp_path / f"a{suffix}"
    read = square(path)
    with_size(path, *size)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ImageError, match=rf"{path.name}: its header says {size[0]}x{size[1]} pixels"):
        read(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # KiB


@pytest.mark.parametrize("suffix", [".exr", ".hdr", ".png", ".tif"])
def test_rows_that_a_file_does_not_have_are_not_made_up(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    read = square(path)
    with_size(path, 16, 1000)
    with pytest.raises(ImageError, match=path.name):
        read(path)


@pytest.mark.parametrize("width", [5, 16, 300])
@pytest.mark.parametrize("flat", [True, False])
def test_a_radiance_file_of_more_scanlines_than_its_header_says_is_refused(tmp_path, width, flat):
    path, image = tmp_path / "a.hdr", np.random.default_rng(0).random((16, width, 3), np.float32)
    cv2.imwrite(str(path), image, (cv2.IMWRITE_HDR_COMPRESSION, int(not flat)))
    read_hdr(path)
    path.write_bytes(path.read_bytes().replace(b"-Y 16", b"-Y 15"))
    with pytest.raises(ImageError, match=r"not those of \d+x15"):
        read_hdr(path)


@pytest.fixture(scope="module")
def mutations(repository):
    return SimpleNamespace(**runpy.run_path(str(repository / "benchmarks" / "mutations.py")))


@pytest.mark.parametrize("name", DAMAGED.split())
def test_a_damaged_file_is_refused_or_has_its_size_and_is_never_read_where_it_is_cut(
    tmp_path, scenery, mutations, name
):
    path = tmp_path / name
    mutations.FORMATS[name](path, np.maximum(scenery(1, mutations.HEIGHT, mutations.WIDTH), 1e-4))
    original, expected, rng = path.read_bytes(), mutations.read(path), np.random.default_rng(0)
    assert all(isinstance(each, tuple) for each in expected)
    for number in range(60):
        kind, data = mutations.mutate(original, number, rng)
        path.write_bytes(data)
        found = [mutations.verdict(kind, *each) for each in zip(mutations.read(path), expected, strict=True)]
        assert set(found) <= {"refused", "unchanged", "changed"}, (number, kind)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif"])
def test_a_truncated_exposure_is_refused(tmp_path, scenery, suffix):
    path = tmp_path / f"cut{suffix}"
    cv2.imwrite(str(path), scenery(0) * 20)
    _cut(path, 0.5)
    with pytest.raises(ImageError, match=f"cut{suffix}"):
        read_ldr(path)


def test_grey_with_alpha_is_grey(tmp_path):
    Image.new("LA", (4, 4)).save(tmp_path / "grey.png")
    with pytest.raises(ImageError, match=r"grey\.png"):
        read_ldr(tmp_path / "grey.png")


def test_an_animation_is_refused_or_its_first_frame_taken(tmp_path):
    frames = [Image.fromarray(np.full((4, 4, 3), value, np.uint8)) for value in (0, 255)]
    frames[0].save(tmp_path / "moving.gif", save_all=True, append_images=frames[1:])
    try:
        shape = read_ldr(tmp_path / "moving.gif").shape
    except ImageError:
        return
    assert shape == (4, 4, 3)


def test_a_file_that_is_no_image_is_named(tmp_path):
    (tmp_path / "text.jpg").write_text("no pixels here", encoding="utf-8")
    with pytest.raises(ImageError, match=r"text\.jpg: cannot be read as an image"):
        read_ldr(tmp_path / "text.jpg")


def test_luminance_of_bt709_green_is_0_7152():
    np.testing.assert_allclose(luminance(np.array([[0, 1, 0], [1, 1, 1]], np.float32)), [0.7152, 1], rtol=1e-6)


def test_a_nan_becomes_the_median_of_its_neighbours_in_its_channel():
    red = np.array([[1, 2, 3], [4, np.nan, 10], [20, 30, 40]], np.float32)
    image = np.stack([red, np.ones((3, 3)), np.ones((3, 3))], -1)
    fixed, count = repair(image, 0.5)
    assert fixed[1, 1].tolist() == [7, 1, 1]  # the middle of 4 and 10
    assert count == 1
    np.testing.assert_array_equal(np.delete(fixed.reshape(-1, 3), 4, 0), np.delete(image.reshape(-1, 3), 4, 0))


def test_neighbours_are_at_most_two_pixels_away():
    row = np.repeat(np.array([[np.nan, 1, 5, 100, 100, 100]], np.float32)[..., None], 3, -1)
    for image in (row, row.transpose(1, 0, 2)):
        assert repair(image, 0.5)[0][0, 0].tolist() == [3, 3, 3]


def test_scattered_and_crowded_broken_values_are_repaired_one_by_one():
    rng = np.random.default_rng(0)
    image = rng.normal(1, 1, (24, 30, 3)).astype(np.float32)
    broken = rng.random(image.shape) < 0.15
    broken[4:12, 4:12] = True  # in the middle no neighbour is finite
    image[broken] = rng.choice([np.nan, -np.inf], broken.sum())

    expected = np.maximum(np.where(broken, 0, image), 0)
    for y, x, c in np.argwhere(broken):
        window = image[max(y - 2, 0) : y + 3, max(x - 2, 0) : x + 3, c]
        finite = window[np.isfinite(window)]
        expected[y, x, c] = max(np.median(finite), 0) if finite.size else 0
    fixed, _ = repair(image, 1.0)
    np.testing.assert_array_equal(fixed, expected)
    assert (fixed[broken] == 0).any() and len(np.unique(fixed[broken])) > 300


@pytest.mark.parametrize(("most", "sun"), [(8.0, 65504), (1e6, 1e6)])
def test_light_that_was_too_much_for_its_file_is_the_brightest_and_not_a_hole(most, sun):
    image = np.ones((20, 20, 3), np.float32)
    image[0, 0], image[8:12, 8:12, :2], image[9, 9, 2] = most, np.inf, np.nan
    fixed, count = repair(image, 0.1)
    assert (fixed[8:12, 8:12, :2] == sun).all() and fixed[9, 9, 2] == 1 and count == 16


def test_negative_values_become_black():
    image = np.ones((2, 2, 3), np.float32)
    image[0, 0] = -1, 2, -3
    fixed, count = repair(image, 0.25)
    assert fixed[0, 0].tolist() == [0, 2, 0]
    assert count == 1


def test_too_many_bad_pixels_are_counted_not_repaired():
    image = np.ones((2, 2, 3), np.float32)
    image[0] = np.nan
    with pytest.raises(ImageError, match=r"2 of 4 pixels .* at most 25\.0% are repaired"):
        repair(image, 0.25)


@pytest.mark.parametrize("value", [0, -1])
def test_an_image_without_light_is_refused(value):
    with pytest.raises(ImageError, match="black"):
        repair(np.full((2, 2, 3), value, np.float32), 1.0)
