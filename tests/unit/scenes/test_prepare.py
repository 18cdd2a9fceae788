import cv2
import numpy as np
import pytest
from scipy.stats import gmean

from metahdr.camera.exposure import expose
from metahdr.camera.response import Response
from metahdr.config.prepare import Prepare
from metahdr.datasets.layouts import Source
from metahdr.errors import ImageError, UserError
from metahdr.images.files import write_exr
from metahdr.images.panorama import perspective_view
from metahdr.scenes.orientation import ORIENTATIONS, orient
from metahdr.scenes.prepare import prepare_source
from metahdr.scenes.repair import repair_exposures


def prepare(folder, image, kind="panoramas", **settings):
    write_exr(folder / "image.exr", image, half=False)
    return prepare_source(
        "image", Source("image.exr", {}), folder, kind, Prepare(**{"size": 32} | settings), repair_exposures
    )


@pytest.fixture
def pair(tmp_path, scenery):
    """A photograph whose own EV 0 clips at 2.0, and a way to put its HDR image down wrongly turned."""
    hdr, ldr = scenery(5, 48, 48), {}
    for ev in (2.0, -2.0, 0.0):
        ldr[ev] = f"ev{ev:+g}.png"
        image = expose(hdr / 2, ev, Response(0.9, 0.6))
        cv2.imwrite(str(tmp_path / ldr[ev]), image[..., ::-1])

    def make(orientation="identity"):
        write_exr(tmp_path / "image.exr", orient(hdr, orientation), half=False)
        return hdr, Source("image.exr", ldr)

    return make


@pytest.mark.parametrize("damage", ORIENTATIONS)
def test_a_pair_whose_hdr_image_is_turned_is_put_right_and_says_so(tmp_path, pair, damage):
    hdr, source = pair(damage)
    hdrs, own, table = prepare_source("image", source, tmp_path, "pairs", Prepare(size=48), repair_exposures)
    row = table.iloc[0]
    np.testing.assert_array_equal(orient(orient(hdr, damage), row.orientation), hdr)
    np.testing.assert_array_equal(hdrs[0], hdr * np.float32(row["scale"]))
    assert row.alignment_margin > 0.1
    exposures = [expose(hdr / 2, ev, Response(0.9, 0.6)) for ev in (-2, 0, 2)]
    np.testing.assert_array_equal(own[0], exposures)


def test_a_pairs_scale_is_where_its_own_middle_exposure_clips(tmp_path, pair):
    _, source = pair()
    _, _, table = prepare_source("image", source, tmp_path, "pairs", Prepare(size=48), repair_exposures)
    assert table.scaled_by[0] == "clipping"
    assert table["scale"][0] == pytest.approx(1 / 2, rel=0.02)


def test_an_exposure_of_another_size_than_its_hdr_image_is_named(tmp_path, pair):
    _, source = pair()
    cv2.imwrite(str(tmp_path / source.ldr[2.0]), np.zeros((48, 40, 3), np.uint8))
    hdrs, own, table = prepare_source("image", source, tmp_path, "pairs", Prepare(size=48), repair_exposures)
    assert "ev+2.png: 40x48 pixels of 8 bits; " in table.reason[0]
    assert table.reason[0].endswith("ev-2.png has 48x48 pixels of 8 bits")
    assert (len(hdrs), len(own)) == (0, 0)


def test_an_hdr_image_of_another_size_than_its_exposures_is_named(tmp_path, pair, scenery):
    _, source = pair()
    write_exr(tmp_path / "image.exr", scenery(5, 48, 40), half=False)
    _, _, table = prepare_source("image", source, tmp_path, "pairs", Prepare(size=48), repair_exposures)
    assert table.reason[0].endswith("ev-2.png: 48x48 pixels of 8 bits; its HDR image has 40x48 pixels")


def test_a_symmetric_pair_keeps_its_orientation_and_is_listed(tmp_path):
    y, x = np.mgrid[-1:1:48j, -1:1:48j]
    hdr = np.repeat(np.exp(-6 * (x**2 + y**2))[..., None], 3, 2).astype(np.float32) * 100
    ldr = {}
    for ev in (-2.0, 0.0, 2.0):
        ldr[ev] = f"ev{ev:+g}.png"
        cv2.imwrite(str(tmp_path / ldr[ev]), expose(hdr / 50, ev, Response(0.9, 0.6)))
    write_exr(tmp_path / "image.exr", hdr, half=False)
    hdrs, _, table = prepare_source(
        "image", Source("image.exr", ldr), tmp_path, "pairs", Prepare(size=48), repair_exposures
    )
    assert table.notes[0].startswith("orientation ambiguous (margin 0.000): kept as it is")
    np.testing.assert_allclose(hdrs[0], hdr * np.float32(table["scale"][0]))


CUT = Prepare(size=80, crop=80)  # nothing is scaled


@pytest.fixture
def handheld(tmp_path, scenery):
    """A bracket of 16-bit files, its outer exposures moved, with the HDR image of the middle one."""
    image, shifts = scenery(9, 120, 130), {-2.0: (-3, 2), 0.0: (0, 0), 2.0: (4, -5)}
    names = {}
    for ev, (x, y) in shifts.items():
        names[ev] = f"{ev:+g}.png"
        ldr = Response(0.9, 0.6)(np.clip(image[8 - y : 104 - y, 8 - x : 104 - x] / 2 * 2**ev, 0, 1))
        cv2.imwrite(str(tmp_path / names[ev]), np.round(ldr[..., ::-1] * 65535).astype(np.uint16))
    write_exr(tmp_path / "image.exr", image[8:104, 8:104], half=False)
    return image[8:104, 8:104], names


def test_a_hand_held_bracket_is_moved_onto_its_hdr_image_and_keeps_its_16_bits(tmp_path, handheld):
    hdr, names = handheld
    hdrs, own, table = prepare_source(
        "image", Source("image.exr", names), tmp_path, "pairs", CUT, repair_exposures
    )
    assert table["shift"][0] == 5 and table.evs[0] == "-2 0 2"
    assert "exposures moved by up to 5 pixels" in table.notes[0] and "16 bits" in table.notes[0]
    assert own.dtype == np.uint16
    light = Response(0.9, 0.6).inverse(own[0] / 65535)
    for exposure, ev in zip(light, (-2, 0, 2), strict=True):
        shown = (exposure > 0.05) & (exposure < 0.9)
        relative = np.log2(exposure[shown] / (hdrs[0] * 2.0**ev)[shown])
        assert np.percentile(np.abs(relative - np.median(relative)), 90) < 0.1
    still = Prepare(size=80, align_exposures=False)
    assert (
        prepare_source("image", Source("image.exr", names), tmp_path, "pairs", still, repair_exposures)[2]["shift"]
        .isna()
        .all()
    )


def test_a_bracket_without_an_hdr_image_is_merged(tmp_path, handheld):
    hdr, names = handheld
    hdrs, own, table = prepare_source("image", Source(None, names), tmp_path, "brackets", CUT, repair_exposures)
    assert "HDR image merged from 3 exposures" in table.notes[0]
    assert own.shape == (1, 3, 80, 80, 3)
    truth = prepare_source("image", Source("image.exr", names), tmp_path, "brackets", CUT, repair_exposures)[0][0]
    shown = (hdrs[0] > 0.02) & (hdrs[0] < 3)
    relative = np.log2(hdrs[0][shown] / truth[shown])
    assert np.percentile(np.abs(relative - np.median(relative)), 90) < 0.25


def test_exposures_whose_evs_contradict_their_brightness_are_refused(tmp_path, handheld):
    _, names = handheld
    swapped = Source("image.exr", {-2.0: names[2.0], 0.0: names[0.0], 2.0: names[-2.0]})
    with pytest.raises(ImageError, match=r"\+2\.png: brighter than \+0\.png, though its EV is lower"):
        repair_exposures(swapped, tmp_path, None, align=False)


def test_one_exposure_alone_serves_the_orientation_and_is_no_bracket(tmp_path, pair):
    hdr, source = pair("rot90")
    single = Source(source.hdr, {0.0: source.ldr[0.0]})
    hdrs, own, table = prepare_source("image", single, tmp_path, "input-gt", Prepare(size=48), repair_exposures)
    np.testing.assert_array_equal(hdrs[0], hdr * np.float32(table["scale"][0]))
    assert own.shape == (1, 0, 48, 48, 3)
    assert table.notes[0] == "HDR image turned by rot270"


def test_a_source_with_a_flaw_is_listed_with_it(tmp_path):
    source = Source("a.hdr", flaw="a.hdr: no exposure of EV +2")
    assert (
        prepare_source("a", source, tmp_path, "pairs", Prepare(), repair_exposures)[2].reason[0]
        == "a.hdr: no exposure of EV +2"
    )


def test_a_panoramas_views_are_evenly_spaced_and_metered(tmp_path, scenery):
    panorama = scenery(0)
    hdrs, own, table = prepare(tmp_path, panorama, views=4, field_of_view=60.0)
    assert table.scene.tolist() == ["image_0", "image_1", "image_2", "image_3"]
    assert table.kept.all()
    assert own.shape == (4, 0, 32, 32, 3)
    for index, hdr in enumerate(hdrs):
        view = perspective_view(panorama, 90 * index, 60, 32)
        np.testing.assert_allclose(hdr, view * table["scale"][index], rtol=1e-6)
        luminance = hdr.astype(np.float64) @ [0.2126, 0.7152, 0.0722]
        assert gmean(luminance, axis=None) == pytest.approx(0.18, rel=1e-4)
    assert set(table.scaled_by) == {"metering"}
    assert set(table.orientation) == {"identity"}


def test_views_of_low_dynamic_range_are_dropped_with_their_reason(tmp_path, scenery):
    dull = 1 + 0.5 * np.sin(np.linspace(0, 6, 128, dtype=np.float32))[None, :, None] * np.ones((64, 1, 3))
    hdrs, own, table = prepare(tmp_path, dull, views=2)
    assert not table.kept.any()
    assert (hdrs.shape, own.shape) == ((0, 32, 32, 3), (0, 0, 32, 32, 3))
    assert table.reason[0].endswith("stops of dynamic range; at least 4 are wanted")


def test_the_dynamic_range_is_that_of_the_luminance_in_stops(tmp_path):
    steps = np.repeat(np.exp2(np.arange(8, dtype=np.float32)), 4)  # from 1 to 128: seven stops
    _, _, table = prepare(tmp_path, np.ones((32, 1, 3), np.float32) * steps[:, None], "photographs")
    assert table.dynamic_range[0] == pytest.approx(7)


def test_views_above_the_largest_value_are_dropped_with_their_reason(tmp_path, scenery):
    panorama = scenery(0)
    _, _, table = prepare(tmp_path, panorama, views=2, max_value=float(panorama.max()))
    assert table.kept.all()
    _, _, table = prepare(tmp_path, panorama, views=2, max_value=1.5)
    assert not table.kept.any()
    assert table.reason[0] == f"largest value {table.max_value[0]:g} is above 1.5"


def test_log1p_minmax_is_the_logarithm_stretched_from_0_to_1(tmp_path, scenery):
    image = scenery(2, 32, 32)
    hdrs, _, table = prepare(tmp_path, image, "photographs", normalise="log1p_minmax")
    unscaled = hdrs[0] / table["scale"][0]
    log = np.log(1 + image.astype(np.float64))
    np.testing.assert_allclose(unscaled, (log - log.min()) / (log.max() - log.min()), atol=1e-6)


def test_a_photographs_centre_is_cropped(tmp_path, scenery):
    image = scenery(2, 40, 60)
    hdrs, _, table = prepare(tmp_path, image, "photographs", crop=32)
    assert table.scene.tolist() == ["image"]
    np.testing.assert_allclose(hdrs[0], image[4:36, 14:46] * table["scale"][0], rtol=1e-6)


def test_without_a_crop_the_largest_square_is_scaled(tmp_path, scenery):
    image = scenery(2, 64, 80)
    hdrs, _, table = prepare(tmp_path, image, "photographs")
    blocks = image[:, 8:72].reshape(32, 2, 32, 2, 3).mean((1, 3))
    np.testing.assert_allclose(hdrs[0], blocks * table["scale"][0], rtol=1e-5)


def test_repaired_pixels_are_counted(tmp_path, scenery):
    image = scenery(2, 32, 32)
    image[3, 4] = np.nan
    image[5, 6, 0] = -1
    hdrs, _, table = prepare(tmp_path, image, "photographs")
    assert table.repaired_pixels[0] == 2
    assert np.isfinite(hdrs).all()


BAD = {
    "black": (np.zeros((32, 64, 3), np.float32), "photographs", r"image\.exr: all pixels are black"),
    "no panorama": (np.ones((32, 65, 3), np.float32), "panoramas", "image: 65x32 pixels"),
    "smaller than the crop": (np.ones((32, 64, 3), np.float32), "photographs", "image: 64x32 pixels are smaller"),
}


@pytest.mark.parametrize(("image", "kind", "reason"), BAD.values(), ids=BAD)
def test_a_bad_image_is_skipped_with_its_reason_or_stops_as_configured(tmp_path, image, kind, reason):
    hdrs, own, table = prepare(tmp_path, image, kind, crop=48, on_bad_image="skip")
    assert table.scene.tolist() == ["image"]
    assert not table.kept[0]
    assert table.reason.str.contains(reason)[0]
    assert (len(hdrs), len(own)) == (0, 0)
    with pytest.raises(UserError, match=reason):
        prepare(tmp_path, image, kind, crop=48, on_bad_image="stop")


def test_log1p_minmax_of_a_uniform_image_is_finite(tmp_path):
    image = np.ones((32, 32, 3), np.float32)
    hdrs, _, _ = prepare(tmp_path, image, "photographs", normalise="log1p_minmax", min_dynamic_range=0.0)
    assert np.isfinite(hdrs).all()
