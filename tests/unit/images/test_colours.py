import io
import struct
import zlib

import imagecodecs
import numpy as np
import pytest
from PIL import Image, ImageCms
from PIL.ExifTags import IFD, Base

from metahdr.errors import ImageError
from metahdr.images.files import read_ldr
from metahdr.photographs.read import read_photograph

COLOUR = (100, 160, 90)


def gradient():
    """COLOUR beside other colours: a photograph is not of one."""
    pixels = np.random.default_rng(0).integers(20, 230, (20, 20, 3), np.uint8)
    pixels[:8, :8] = COLOUR
    return Image.fromarray(pixels)


def first(path):
    photograph = read_photograph(path)
    return photograph.eight_bits()[2, 2].tolist(), photograph.notes


def png(path, *chunks):
    """A PNG file with chunks before its pixels."""
    buffer = io.BytesIO()
    gradient().save(buffer, "PNG")
    data = buffer.getvalue()
    made = b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )
    path.write_bytes(data[:33] + made + data[33:])
    return path


def gama(exponent):
    return b"gAMA", struct.pack(">I", round(exponent * 100_000))


CHRM_P3 = b"cHRM", struct.pack(">8I", 31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000)
P3 = [77, 162, 81]  # COLOUR of Display P3, in sRGB (lcms)


@pytest.mark.parametrize(
    ("chunks", "expected"),
    [
        ([gama(1)], [168, 208, 160]),  # sRGB's values of linear 100, 160 and 90
        ([gama(0.45455)], list(COLOUR)),
        ([gama(0.45455), CHRM_P3], P3),
        ([CHRM_P3], P3),
        ([(b"cICP", bytes([12, 13, 0, 1]))], P3),
        ([(b"cICP", bytes([1, 13, 0, 1]))], list(COLOUR)),
        ([(b"cICP", bytes([1, 8, 0, 1])), (b"sRGB", b"\0")], [168, 208, 160]),  # cICP comes first
        ([(b"sRGB", b"\0"), gama(1)], list(COLOUR)),  # and sRGB before gAMA
    ],
)
def test_the_signals_of_a_png_count_in_their_order(tmp_path, chunks, expected):
    found, notes = first(png(tmp_path / "a.png", *chunks))
    np.testing.assert_allclose(found, expected, atol=1)
    assert bool(notes) == (expected != list(COLOUR))


@pytest.mark.parametrize(("transfer", "name"), [(16, "PQ"), (18, "HLG")])
def test_hdr_signals_are_refused_in_a_line(tmp_path, transfer, name):
    with pytest.raises(ImageError, match=f"a.png: its cICP says {name}, an HDR image already"):
        read_photograph(png(tmp_path / "a.png", (b"cICP", bytes([9, transfer, 0, 1]))))


def test_an_unknown_code_point_is_refused(tmp_path):
    with pytest.raises(ImageError, match="a.png: its cICP has primaries 200 and transfer 13, unknown here"):
        read_photograph(png(tmp_path / "a.png", (b"cICP", bytes([200, 13, 0, 1]))))


def profile(name):
    return ImageCms.ImageCmsProfile(io.BytesIO(imagecodecs.cms_profile(name))).tobytes()


def test_a_profile_is_known_by_its_numbers(tmp_path):
    path = tmp_path / "a.png"
    gradient().save(path, icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    assert first(path) == (list(COLOUR), ())
    renamed = bytearray(profile("adobergb"))
    position = bytes(renamed).find("Adobe".encode("utf-16-be"))
    if position > 0:
        renamed[position : position + 8] = "sRGB".encode("utf-16-be")
    gradient().save(path, icc_profile=bytes(renamed))
    found, notes = first(path)
    assert found != list(COLOUR) and notes[0].startswith("converted from ")


def test_exposures_of_datasets_are_converted_too(tmp_path):
    path = png(tmp_path / "a.png", gama(1))
    np.testing.assert_allclose(read_ldr(path)[2, 2] / 257, [168, 208, 160], atol=1)


def test_a_grey_profile_is_converted(tmp_path):
    grey = imagecodecs.cms_profile("gray", gamma=1.0)
    Image.fromarray(np.arange(400, dtype=np.uint8).reshape(20, 20) % 200 + 20).save(
        tmp_path / "a.png", icc_profile=grey
    )
    value = np.asarray(Image.open(tmp_path / "a.png"))[2, 2] / 255
    found, notes = first(tmp_path / "a.png")
    np.testing.assert_allclose(found, 255 * (1.055 * value ** (1 / 2.4) - 0.055), atol=1)
    assert notes[0].startswith("converted from")


def test_exif_marks_adobe_rgb(tmp_path):
    exif = Image.Exif()
    exif.get_ifd(IFD.Exif)[Base.ColorSpace] = 2
    options = {"quality": 98, "subsampling": 0}
    gradient().save(tmp_path / "a.jpg", exif=exif, **options)
    gradient().save(tmp_path / "b.jpg", icc_profile=imagecodecs.cms_profile("adobergb"), **options)
    (marked, notes), (by_profile, _) = first(tmp_path / "a.jpg"), first(tmp_path / "b.jpg")
    assert marked == by_profile and marked[0] < 70 and notes


def test_heif_says_its_primaries_by_nclx(tmp_path):
    import pillow_heif

    gradient().save(tmp_path / "a.heic", quality=-1, chroma=444, color_primaries=12, transfer_characteristics=13)
    assert pillow_heif.open_heif(tmp_path / "a.heic").info["nclx_profile"]["color_primaries"] == 12
    found, notes = first(tmp_path / "a.heic")
    np.testing.assert_allclose(found, P3, atol=3)
    assert notes == ("converted from the colours of its nclx",)
