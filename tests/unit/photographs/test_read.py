import io

import cv2
import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image, ImageOps
from PIL.ExifTags import IFD, Base

from metahdr.errors import ImageError
from metahdr.images.exif import Settings
from metahdr.images.primaries import to_bt709
from metahdr.photographs import read
from metahdr.photographs.bracket import read_bracket
from metahdr.photographs.read import read_photograph

RAMP = np.linspace(0, 1, 40 * 50 * 3).reshape(40, 50, 3)
EIGHT = np.round(RAMP * 255).astype(np.uint8)
SIXTEEN = np.round(RAMP * 65535).astype(np.uint16)
DISPLAY_P3 = (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.3127, 0.3290)  # SMPTE EG 432-1


def p3_profile() -> bytes:
    primaries = [value for x, y in zip(DISPLAY_P3[:6:2], DISPLAY_P3[1:6:2], strict=True) for value in (x, y, 1.0)]
    return imagecodecs.cms_profile("rgb", whitepoint=(0.3127, 0.3290, 1.0), primaries=primaries, gamma=2.2)


def srgb_encoded(light):
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * np.maximum(light, 1e-9) ** (1 / 2.4) - 0.055)


@pytest.mark.parametrize("suffix", ["png", "tif", "bmp", "webp"])
def test_8_bits_arrive_as_they_are(tmp_path, suffix):
    Image.fromarray(EIGHT).save(tmp_path / f"a.{suffix}", **({"lossless": True} if suffix == "webp" else {}))
    photograph = read_photograph(tmp_path / f"a.{suffix}")
    np.testing.assert_array_equal(photograph.pixels, EIGHT)
    assert photograph.curve is None and photograph.settings == Settings() and photograph.notes == ()
    np.testing.assert_allclose(photograph.display(), EIGHT.transpose(2, 0, 1) / 255, rtol=1e-6)


def test_16_bits_arrive_as_they_are(tmp_path):
    cv2.imwrite(str(tmp_path / "a.png"), SIXTEEN[..., ::-1])
    tifffile.imwrite(tmp_path / "a.tif", SIXTEEN, photometric="rgb")
    tifffile.imwrite(tmp_path / "lzw.tif", SIXTEEN, photometric="rgb", compression="lzw")
    cv2.imwrite(str(tmp_path / "alpha.png"), np.dstack([SIXTEEN[..., ::-1], SIXTEEN[..., 0] + 7]))
    tifffile.imwrite(
        tmp_path / "apart.tif", SIXTEEN.transpose(2, 0, 1), photometric="rgb", planarconfig="separate"
    )
    for name in ("a.png", "a.tif", "lzw.tif", "apart.tif", "alpha.png"):
        photograph = read_photograph(tmp_path / name)
        np.testing.assert_array_equal(photograph.pixels, SIXTEEN)
        np.testing.assert_array_equal(photograph.eight_bits(), np.round(SIXTEEN / 257).astype(np.uint8))
    np.testing.assert_allclose(photograph.display(), RAMP.transpose(2, 0, 1), atol=1e-5)


def test_grey_becomes_rgb_with_a_note(tmp_path):
    cv2.imwrite(str(tmp_path / "a.png"), EIGHT[..., 0])
    cv2.imwrite(str(tmp_path / "b.png"), SIXTEEN[..., 0])
    for name, pixels in (("a.png", EIGHT), ("b.png", SIXTEEN)):
        photograph = read_photograph(tmp_path / name)
        np.testing.assert_array_equal(photograph.pixels, pixels[..., :1].repeat(3, 2))
        assert "greyscale" in photograph.notes[0]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied_as_pillow_applies_it(tmp_path, orientation):
    exif = Image.Exif()
    exif[Base.Orientation] = orientation
    for name, pixels in (("a.png", EIGHT), ("a.tif", EIGHT), ("b.tif", SIXTEEN)):
        if pixels is EIGHT:
            Image.fromarray(EIGHT).save(tmp_path / name, exif=exif)
        else:
            tags = [(Base.Orientation, "H", 1, orientation, True)]
            tifffile.imwrite(tmp_path / name, SIXTEEN, photometric="rgb", extratags=tags)
        with Image.open(tmp_path / name) as image:
            expected = np.asarray(ImageOps.exif_transpose(image))
        found = read_photograph(tmp_path / name).eight_bits()
        np.testing.assert_allclose(found.astype(int), expected, atol=1)  # Pillow cuts 16 bits, and does not round


def test_colours_of_another_profile_are_converted(tmp_path):
    light = np.full((20, 30, 3), (0.5, 0.2, 0.3))
    light[:, 15:] = (0.1, 0.3, 0.2)
    encoded = np.round(light ** (1 / 2.2) * 255).astype(np.uint8)
    expected = srgb_encoded((encoded / 255) ** 2.2 @ to_bt709(DISPLAY_P3).T)
    Image.fromarray(encoded).save(tmp_path / "a.png", icc_profile=p3_profile())
    photograph = read_photograph(tmp_path / "a.png")
    np.testing.assert_allclose(photograph.pixels / 65535, expected, atol=0.002)
    assert photograph.notes[0].startswith("converted from")


@pytest.mark.parametrize("profile", [imagecodecs.cms_profile("srgb"), b"no profile"])
def test_srgb_and_broken_profiles_change_nothing(tmp_path, profile):
    Image.fromarray(EIGHT).save(tmp_path / "a.png", icc_profile=profile)
    photograph = read_photograph(tmp_path / "a.png")
    np.testing.assert_array_equal(photograph.pixels, EIGHT)
    assert ("sRGB is assumed" in "".join(photograph.notes)) == (profile == b"no profile")


def test_adobe_rgb_of_a_camera_without_profile_is_known_by_its_sign(tmp_path):
    exif = Image.Exif()
    exif.get_ifd(IFD.Exif)[IFD.Interop] = {1: "R03"}
    pixels = np.zeros((20, 20, 3), np.uint8)
    pixels[:, 10:] = (100, 200, 100)
    Image.fromarray(pixels).save(tmp_path / "a.jpg", exif=exif, quality=100, subsampling=0)
    red, green, _ = read_photograph(tmp_path / "a.jpg").pixels[5, 15] / 257
    assert red < 60 and green > 200  # Adobe's green is beyond sRGB's


def test_heic_arrives_with_its_settings_and_orientation(tmp_path):
    smooth = cv2.resize(np.random.default_rng(0).integers(40, 220, (4, 6, 3)).astype(np.uint8), (96, 64))
    exif = Image.Exif()
    exif.get_ifd(IFD.Exif)[Base.ExposureTime] = 1 / 50
    exif[Base.Orientation] = 6
    Image.fromarray(smooth).save(tmp_path / "a.heic", quality=100, exif=exif.tobytes())
    photograph = read_photograph(tmp_path / "a.heic")
    assert photograph.settings.seconds == pytest.approx(1 / 50)
    assert np.abs(photograph.pixels.astype(int) - np.rot90(smooth, -1)).mean() < 2


def dng(path, light, seconds=(1, 100), neutral=(1,) * 6) -> None:
    """An uncompressed raw file of one colour in sRGB primaries, white at 16000, black at 0 (Adobe DNG 1.7)."""
    mosaic = np.zeros((64, 96), np.uint16)
    for (top, left), channel in (((0, 0), 0), ((0, 1), 1), ((1, 0), 1), ((1, 1), 2)):
        mosaic[top::2, left::2] = np.round(np.minimum(light, 1)[top::2, left::2, channel] * 16000)
    xyz_to_srgb = (3.2405, -1.5371, -0.4985, -0.9693, 1.8760, 0.0416, 0.0556, -0.2040, 1.0572)  # IEC 61966-2-1
    matrix = [value for entry in xyz_to_srgb for value in (round(entry * 10000), 10000)]
    tags = [
        (50706, "B", 4, (1, 4, 0, 0), True),  # DNGVersion
        (50708, "s", 0, "Test camera", True),  # UniqueCameraModel
        (33421, "H", 2, (2, 2), True),  # CFARepeatPatternDim
        (33422, "B", 4, (0, 1, 1, 2), True),  # CFAPattern
        (50717, "I", 1, 16000, True),  # WhiteLevel
        (50714, "I", 1, 0, True),  # BlackLevel
        (50721, "2i", 9, tuple(matrix), True),  # ColorMatrix1
        (50728, "2I", 3, neutral, True),  # AsShotNeutral
        (50778, "H", 1, 21, True),  # CalibrationIlluminant1: D65
        (33434, "2I", 1, seconds, True),
    ]
    tifffile.imwrite(path, mosaic, photometric="CFA", extratags=tags, metadata=None)


def test_a_raw_file_gives_the_light_that_its_sensor_saw(tmp_path):
    light = np.full((64, 96, 3), (0.4, 0.2, 0.1))
    light[:, 48:] *= 4  # red clips
    for name, factor in (("a.dng", 1), ("dark.DNG", 0.25)):
        dng(tmp_path / name, light * factor, (1, 400) if factor < 1 else (1, 100))
        photograph = read_photograph(tmp_path / name)
        assert photograph.pixels.dtype == np.uint16 and photograph.pixels.shape == (64, 96, 3)
        found = photograph.curve.inverse(photograph.pixels / 65535)
        np.testing.assert_allclose(found[32, 20], light[32, 20] * factor, rtol=0.01)
        np.testing.assert_allclose(found[32, 80], np.minimum(light[32, 80] * factor, 1), rtol=0.01)
        assert photograph.settings.seconds == pytest.approx(factor / 100)


def test_a_raw_bracket_is_developed_with_the_white_balance_of_its_metered_exposure(tmp_path):
    light = np.random.default_rng(0).uniform(0.02, 0.2, (8, 12))
    light = cv2.resize(light, (96, 64), interpolation=cv2.INTER_CUBIC)[..., None].repeat(3, 2)
    paths = [tmp_path / f"{ev}.dng" for ev in (-2, 0, 2)]
    for path, factor, red in zip(paths, (0.25, 1, 4), (8, 10, 12), strict=True):
        dng(path, factor * light, (int(4 * factor), 400), (red, 10, 1, 1, 1, 1))
    bracket = read_bracket(paths, None)
    middle = bracket.exposures[:, 20:40, 20:60].astype(int)
    assert np.abs(middle[..., 0] - middle[..., 1]).max() <= 6  # as the metered one's, but for demosaicing
    assert [note.partition(": ")[2] for note in bracket.notes] == [
        f"developed with the white balance of {paths[1]}"
    ] * 2


def test_a_raw_file_without_colours_is_grey(tmp_path):
    light = np.linspace(0.1, 0.8, 96) * np.ones((64, 1))
    tags = [(50706, "B", 4, (1, 4, 0, 0), True), (50708, "s", 0, "Test camera", True)]
    tags += [(50717, "I", 1, 16000, True), (50714, "I", 1, 0, True)]
    linear = np.round(light * 16000).astype(np.uint16)
    tifffile.imwrite(tmp_path / "a.dng", linear, photometric="MINISBLACK", extratags=tags, metadata=None)
    photometric = b"\x06\x01\x03\x00\x01\x00\x00\x00"  # tag 262, one short; tifffile writes no such raw file
    code = (tmp_path / "a.dng").read_bytes()
    (tmp_path / "a.dng").write_bytes(code.replace(photometric + b"\x01\x00", photometric + b"\x4c\x88"))
    photograph = read_photograph(tmp_path / "a.dng")
    found = photograph.curve.inverse(photograph.pixels / 65535)
    np.testing.assert_allclose(found, light[..., None].repeat(3, 2), rtol=0.01)


def cut(path, share) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])


@pytest.mark.parametrize("share", [0.001, 0.1, 0.6])
@pytest.mark.parametrize("suffix", ["jpg", "png", "tif", "heic", "sixteen.png", "sixteen.tif", "dng"])
def test_a_truncated_file_is_one_line(tmp_path, suffix, share):
    path, noise = tmp_path / f"a.{suffix}", np.random.default_rng(0).random((64, 96, 3))
    if suffix == "dng":
        dng(path, noise)
    elif suffix.startswith("sixteen"):
        cv2.imwrite(str(path), (noise * 65535).astype(np.uint16))
    else:
        Image.fromarray((noise * 255).astype(np.uint8)).save(path)
    read_photograph(path)
    cut(path, share)
    with pytest.raises(ImageError, match="cannot be read") as error:
        read_photograph(path)
    assert str(error.value).startswith(f"{path}: ") and "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("pixels", "message"),
    [
        (np.zeros((40, 50, 3)), "all black"),
        (np.full((40, 50, 3), 255), "all white"),
        (np.full((40, 50, 3), 252), "all white"),
        (np.full((40, 50, 3), 128), r"one colour throughout, \(128, 128, 128\)"),
        (EIGHT[:1, :1], "1x1 pixels; at least 16x16"),
        (EIGHT[:1], "50x1 pixels"),
    ],
)
def test_an_image_without_anything_in_it_is_refused(tmp_path, pixels, message):
    Image.fromarray(pixels.astype(np.uint8)).save(tmp_path / "a.png")
    with pytest.raises(ImageError, match=f"a.png: {message}"):
        read_photograph(tmp_path / "a.png")


def test_other_kinds_are_refused(tmp_path):
    Image.fromarray(EIGHT).convert("CMYK").save(tmp_path / "cmyk.jpg")
    tifffile.imwrite(tmp_path / "float.tif", RAMP.astype(np.float32), photometric="rgb")
    tifffile.imwrite(tmp_path / "grey.tif", RAMP[..., 0].astype(np.float32))
    deep = np.round(RAMP * 65535).astype(np.uint16)
    tifffile.imwrite(tmp_path / "cmyk16.tif", np.dstack([deep, deep[..., :1]]), photometric="separated")
    tifffile.imwrite(tmp_path / "negative16.tif", deep[..., 0], photometric="miniswhite")
    tifffile.imwrite(tmp_path / "signed16.tif", deep[..., 0].astype(np.int16), photometric="minisblack")
    (tmp_path / "text.jpg").write_text("no image", encoding="utf-8")
    (tmp_path / "text.nef").write_text("no image", encoding="utf-8")
    (tmp_path / "folder.jpg").mkdir()
    for name, message in {
        "cmyk.jpg": "mode CMYK; expected RGB",
        "float.tif": "cannot be read",
        "grey.tif": "32 bits; expected",
        "cmyk16.tif": "expected RGB or grey|cannot be read",
        "negative16.tif": "expected RGB or grey|cannot be read",
        "signed16.tif": "expected RGB or grey|cannot be read",
        "text.jpg": "cannot be read",
        "text.nef": "cannot be read as a raw file",
        "folder.jpg": "no such file",
        "none.jpg": "no such file",
    }.items():
        with pytest.raises(ImageError, match=message):
            read_photograph(tmp_path / name)


def test_an_image_that_memory_cannot_hold_is_refused_before_it_is_decoded(tmp_path, monkeypatch):
    Image.new("L", (3000, 2000)).save(tmp_path / "a.png")
    monkeypatch.setattr(read, "BYTES_PER_PIXEL", 1 << 30)
    monkeypatch.setattr(Image.Image, "load", lambda image: pytest.fail("decoded"))
    with pytest.raises(ImageError, match="3000x2000 pixels need about .* GB of memory; .* free: scale it down"):
        read_photograph(tmp_path / "a.png")


def test_broken_exif_data_do_not_hide_the_image(tmp_path):
    code = io.BytesIO()
    Image.fromarray(EIGHT).save(code, "JPEG", exif=b"Exif\x00\x00II*\x00\xff\xff\xff\xff")
    (tmp_path / "a.jpg").write_bytes(code.getvalue())
    assert read_photograph(tmp_path / "a.jpg").settings == Settings()
