from xml.etree import ElementTree

import imagecodecs
import numpy as np
import pytest
from PIL import Image
from PIL.MpoImagePlugin import MpoImageFile

from metahdr.images.files import read_hdr
from metahdr.photographs.write import PEAK, write_hdr, write_preview, write_ultrahdr

RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
HDRGM = "{http://ns.adobe.com/hdr-gain-map/1.0/}"
ITEM = "{http://ns.google.com/photos/1.0/container/item/}"


def test_radiance_comes_back_within_its_precision(tmp_path, view):
    write_hdr(tmp_path / "a.hdr", view())
    found = read_hdr(tmp_path / "a.hdr")
    # one exponent for three channels: 8 bits of the largest
    assert (np.abs(found - view()) <= view().max(-1, keepdims=True) / 128).all()


@pytest.mark.parametrize("shape", [(96, 128), (95, 127), (16, 16)])
def test_a_gain_map_jpeg_holds_the_light_and_a_picture_for_every_screen(tmp_path, view, shape):
    image = view()[: shape[0], : shape[1]]
    write_ultrahdr(tmp_path / "a.jpg", image)
    found = imagecodecs.ultrahdr_decode((tmp_path / "a.jpg").read_bytes())[..., :3].astype(np.float32)
    stops = np.log2((found + 0.01) / (np.minimum(image, PEAK) + 0.01))
    assert found.shape == image.shape and found.max() > 1
    assert np.median(np.abs(stops)) < 0.1 and np.quantile(np.abs(stops), 0.95) < 0.5
    with Image.open(tmp_path / "a.jpg") as shown:
        assert shown.size == shape[::-1] and np.asarray(shown).std() > 10


def without_iso(code: bytes) -> bytes:
    """The file as a reader sees it that does not know ISO 21496-1: the name of its segments is another one."""
    assert code.count(b"urn:iso:std:iso:ts:21496:-1") == 2
    return code.replace(b"urn:iso:std:iso:ts:21496:-1", b"urn:iso:std:iso:ts:00000:-1")


def test_both_kinds_of_metadata_lead_to_the_same_light(tmp_path, view):
    write_ultrahdr(tmp_path / "a.jpg", view())
    code = (tmp_path / "a.jpg").read_bytes()
    found = imagecodecs.ultrahdr_decode(code)[..., :3].astype(np.float32)
    older = imagecodecs.ultrahdr_decode(without_iso(code))[..., :3].astype(np.float32)
    np.testing.assert_allclose(older, found, rtol=0.01, atol=1e-3)
    with pytest.raises(RuntimeError):
        imagecodecs.ultrahdr_decode(without_iso(code).replace(b"hdrgm:GainMapMax", b"hdrgm:GainMapXxx"))


def test_the_multi_picture_format_finds_the_gain_map(tmp_path, view):
    write_ultrahdr(tmp_path / "a.jpg", view() / 8)
    with MpoImageFile(tmp_path / "a.jpg") as image:  # Pillow itself opens the first picture of an Ultra HDR file
        assert image.n_frames == 2
        length = ElementTree.fromstring(image.info["xmp"]).find(f".//*[@{ITEM}Length]").get(f"{ITEM}Length")
        image.seek(1)
        image.load()
        (gain,) = ElementTree.fromstring(image.info["xmp"]).iter(f"{RDF}Description")
    headroom = np.log2(np.quantile(view().max(-1) / 8, 0.999))
    assert float(gain.get(f"{HDRGM}HDRCapacityMax")) == pytest.approx(headroom, abs=1e-3)
    assert float(gain.get(f"{HDRGM}GainMapMax")) == pytest.approx(np.log2(PEAK), abs=1e-3)
    code = (tmp_path / "a.jpg").read_bytes()
    assert code[-int(length) :][:2] == b"\xff\xd8"


def test_a_screen_that_is_bright_enough_shows_all_of_the_light(tmp_path, view):
    image = view() / np.quantile(view().max(-1), 0.999) * 4  # two stops above white
    write_ultrahdr(tmp_path / "a.jpg", image)
    code = (tmp_path / "a.jpg").read_bytes()
    found = imagecodecs.ultrahdr_decode(code, boost=4.0)[..., :3].astype(np.float32)
    whole = imagecodecs.ultrahdr_decode(code)[..., :3].astype(np.float32)
    np.testing.assert_allclose(found, whole, rtol=0.02, atol=1e-3)
    less = imagecodecs.ultrahdr_decode(code, boost=2.0)[..., :3].astype(np.float32)
    assert less.max() < 0.8 * whole.max()


def test_light_beyond_the_peak_is_cut_there(tmp_path):
    image = np.full((64, 64, 3), 0.2, np.float32)
    image[20:44, 20:44] = 1e6
    write_ultrahdr(tmp_path / "a.jpg", image)
    found = imagecodecs.ultrahdr_decode((tmp_path / "a.jpg").read_bytes()).astype(np.float32)
    assert found[32, 32, :3] == pytest.approx(PEAK, rel=0.1)
    assert found[5, 5, :3] == pytest.approx(0.2, rel=0.1)


@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_a_preview_shows_bright_and_dark(tmp_path, view, suffix):
    write_preview(tmp_path / f"a.{suffix}", view())
    with Image.open(tmp_path / f"a.{suffix}") as image:
        shown = np.asarray(image)
    assert shown.shape == view().shape and shown.min() < 80 and shown.max() > 230
    assert (shown == 255).all(-1).mean() < 0.01
