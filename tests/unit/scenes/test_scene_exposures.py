import numpy as np
import pandas as pd
import pytest

from metahdr.camera.curve import Curve
from metahdr.camera.emor import SAMPLES, Emor
from metahdr.camera.response import Response
from metahdr.config.expose import Expose
from metahdr.errors import UserError
from metahdr.images.luminance import metered_scale
from metahdr.scenes.exposures import expose_scenes

NONE = np.empty((0, 0, 16, 16, 3), np.uint8)


@pytest.fixture
def hdrs(scenery):
    images = [scenery(seed, 16, 16) for seed in range(3)]
    return np.stack([image * np.float32(metered_scale(image)) for image in images])


def test_a_scene_is_exposed_the_same_whatever_other_scenes_there_are(hdrs):
    together, table, _ = expose_scenes(["a", "b", "c"], hdrs, NONE, Expose(), seed=0)
    alone, row, _ = expose_scenes(["b"], hdrs[1:2], NONE, Expose(), seed=0)
    np.testing.assert_array_equal(together[1], alone[0])
    assert table[table.scene == "b"].reset_index(drop=True).equals(row)


def test_every_scene_and_every_seed_has_its_own_camera(hdrs):
    tables = [expose_scenes(["a", "b"], hdrs[:2], NONE, Expose(), seed)[1].assign(seed=seed) for seed in (0, 1)]
    cameras = pd.concat(tables).groupby(["seed", "scene"])[["metering", "response_n", "response_sigma"]]
    assert (cameras.nunique() == 1).all(axis=None), "one camera takes all exposures of a scene"
    assert (cameras.first().nunique() == 4).all()


def test_the_recorded_camera_leads_from_every_exposure_back_to_the_scene(hdrs):
    images, table, _ = expose_scenes(["a", "b", "c"], hdrs, NONE, Expose(noise=0.0), seed=0)
    for image, row in zip(images.reshape(-1, 16, 16, 3), table.itertuples(), strict=True):
        hdr = hdrs["abc".index(row.scene)]
        light = Response(row.response_n, row.response_sigma).inverse(image / 255)
        known = (image > 50) & (image < 250)
        np.testing.assert_allclose(light[known], (hdr * 2 ** (row.metering + row.ev))[known], rtol=0.03)


def test_a_scene_with_one_useless_exposure_is_rejected_with_its_reason(hdrs):
    hdrs[0] = 1.0  # white from EV 0 on
    hdrs[1] = 1e-5
    settings = Expose(metering_error=0.0, noise=0.0)
    _, table, _ = expose_scenes(["white", "black", "good"], hdrs, NONE, settings, seed=0)
    assert table.groupby("scene").accepted.unique().map(list).to_dict() == {
        "white": [False],
        "black": [False],
        "good": [True],
    }
    reasons = table.set_index(["scene", "ev"]).reason
    assert reasons["white", -2] == ""
    assert reasons["white", 2] == "EV +2: 100% saturated; at most 90%"
    assert reasons["black", -2] == "EV -2: 100% black; at most 90%"


def test_percentile_exposures_know_what_stop_they_really_are(hdrs):
    settings = Expose(method="percentile")
    images, table, _ = expose_scenes(["a"], hdrs[:1], NONE, settings, seed=0)
    for image, row, (_, percentile) in zip(images[0], table.itertuples(), settings.percentiles, strict=True):
        relative = hdrs[0].astype(np.float64) * 2 ** (row.metering + row.stops)
        assert np.percentile(relative, percentile) == pytest.approx(1, rel=1e-5), "this value became white"
        np.testing.assert_array_equal(image == 255, relative > 0.9957)  # 254.5 / 255 before gamma
    assert table.stops[1] == 0
    assert table.stops.is_monotonic_increasing


def test_own_exposures_are_taken_as_they_are(hdrs):
    own = np.random.default_rng(0).integers(0, 255, (3, 3, 16, 16, 3), np.uint8)
    images, table, _ = expose_scenes(["a", "b", "c"], hdrs, own, Expose(), seed=0)
    np.testing.assert_array_equal(images, own)
    assert (table.stops == table.ev).all()
    assert (table.metering == 0).all()


def test_own_exposures_keep_what_they_really_are(hdrs):
    own = np.random.default_rng(0).integers(0, 65535, (1, 3, 16, 16, 3), np.uint16)
    images, table, _ = expose_scenes(["a"], hdrs[:1], own, Expose(), 0, own_evs=[-3.0, 0.0, 3.0])
    assert images.dtype == np.uint16
    np.testing.assert_array_equal(images, own)
    assert table.ev.tolist() == [-2, 0, 2] and table.stops.tolist() == [-3, 0, 3]
    assert table.accepted.all()


def test_of_more_own_exposures_the_nearest_are_taken(hdrs):
    own = np.arange(7, dtype=np.uint8)[None, :, None, None, None] * np.ones((1, 1, 16, 16, 3), np.uint8) + 9
    images, table, _ = expose_scenes(["a"], hdrs[:1], own, Expose(), 0, own_evs=[-3, -2, -1, 0, 1, 2, 3])
    assert images[0, :, 0, 0, 0].tolist() == [10, 12, 14]
    assert table.stops.tolist() == [-2, 0, 2]
    images, table, _ = expose_scenes(["a"], hdrs[:1], own[:, :4], Expose(), 0, own_evs=[-0.2, 0, 0.1, 0.3])
    assert table.stops.tolist() == [-0.2, 0, 0.3]


def test_a_scene_with_fewer_own_exposures_than_configured_is_rejected(hdrs):
    own = np.full((1, 2, 16, 16, 3), 99, np.uint8)
    images, table, _ = expose_scenes(["a"], hdrs[:1], own, Expose(), 0, own_evs=[-2.0, 0.0])
    assert images.shape[1] == 3 and not table.accepted.any()
    assert set(table.reason) == {"2 own exposures; expose.evs names 3"}


def test_white_and_black_of_16_bits_are_those_of_8(hdrs):
    own = np.full((1, 3, 16, 16, 3), 65535, np.uint16)
    own[0, 0], own[0, 1, :8] = 100, 1000
    _, table, _ = expose_scenes(["a"], hdrs[:1], own, Expose(), 0)
    assert table.black.tolist() == [1, 0, 0] and table.saturated.tolist() == [0, 0.5, 1]


def test_a_source_without_scenes_has_an_empty_table_with_all_columns():
    images, table, _ = expose_scenes([], np.empty((0, 16, 16, 3), np.float32), NONE, Expose(), seed=0)
    assert images.shape == (0, 3, 16, 16, 3)
    assert table.empty
    assert {"scene", "ev", "stops", "metering", "accepted", "reason"} <= set(table.columns)


@pytest.fixture
def emor():
    """A stand-in for the measured curves."""
    x = np.linspace(0, 1, SAMPLES)
    waves = np.array([np.sin(k * np.pi * x) for k in range(1, 6)])
    return Emor(x ** (1 / 2.2), waves / np.linalg.norm(waves, axis=1)[:, None])


def test_scenes_of_one_place_share_a_camera_where_asked(hdrs, emor):
    settings = Expose(response="emor", camera_per="place", noise=0.0)
    here = expose_scenes(["a", "b"], hdrs[:2], NONE, settings, 0, "here", emor)[2]
    there = expose_scenes(["c"], hdrs[2:], NONE, settings, 0, "there", emor)[2]
    np.testing.assert_array_equal(here[0], here[1])
    assert np.abs(here[0] - there[0]).max() > 0.01
    each = expose_scenes(["a", "b"], hdrs[:2], NONE, Expose(response="emor"), 0, "here", emor)[2]
    assert np.abs(each[0] - each[1]).max() > 0.01
    sigmoid = expose_scenes(["a", "b"], hdrs[:2], NONE, Expose(camera_per="place"), 0, "here")[1]
    assert sigmoid.response_n.nunique() == 1 and sigmoid.metering.nunique() == 2, "one camera, metered anew"


def test_a_stored_curve_leads_from_every_exposure_back_to_the_scene(hdrs, emor):
    settings = Expose(response="emor", noise=0.0)
    images, table, curves = expose_scenes(["a", "b", "c"], hdrs, NONE, settings, 0, "here", emor)
    assert table.response_n.isna().all()
    for number, row in enumerate(table.itertuples()):
        scene = "abc".index(row.scene)
        image = images[scene, number % 3]
        known = (image > 50) & (image < 250)
        light = Curve(curves[scene]).inverse(image / 255)
        np.testing.assert_allclose(light[known], (hdrs[scene] * 2 ** (row.metering + row.ev))[known], rtol=0.05)


def test_a_camera_may_stop_below_255_and_its_curve_says_so(hdrs):
    settings = Expose(white=251, noise=0.0, max_saturated=0.2)
    images, table, curves = expose_scenes(["a", "b", "c"], hdrs, NONE, settings, 0)
    assert images.max() == 251 and table.response_n.isna().all()
    for number in range(3):
        light = hdrs[number] * 2 ** (table.metering[3 * number] + 2)
        np.testing.assert_array_equal(
            Curve(curves[number]).inverse(images[number, 2] / 255) == 1, images[number, 2] == 251
        )
        known = (images[number, 2] > 50) & (images[number, 2] < 246)
        np.testing.assert_allclose(
            Curve(curves[number]).inverse(images[number, 2] / 255)[known], light[known], rtol=0.05
        )
    assert (table.reason == table.reason.where(table.saturated > 0.2, "")).all() and (table.saturated > 0.2).any()


def test_measured_curves_need_their_file(hdrs):
    with pytest.raises(UserError, match=r"expose\.response: found emor"):
        expose_scenes(["a"], hdrs[:1], NONE, Expose(response="emor"), 0)
