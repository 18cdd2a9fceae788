import numpy as np
import pytest
import torch

from metahdr.config.expose import Expose
from metahdr.config.photometry import Photometry
from metahdr.config.prepare import Prepare
from metahdr.methods.camera import KnowsCameras
from metahdr.methods.debevec import DebevecAll
from metahdr.methods.gamma import Gamma2
from metahdr.methods.response import KnownResponse
from metahdr.scenes.scene import Scenes
from metahdr.studies.radiance.opencv import OpenCVMerge
from metahdr.studies.radiance.scores import ALONE, TRUTH, hsv_saturation, judge_radiance


class Ours(KnowsCameras, Gamma2):
    """x^2; with a camera, its inverse response."""

    name = "ours"

    def reconstruct(self, exposures, stops):
        if self.curve is not None:
            return KnownResponse(self.curve).reconstruct(exposures, stops)
        return super().reconstruct(exposures, stops)


@pytest.fixture(scope="module")
def scenes(tmp_path_factory, scenery, build_results):
    images = {name: scenery(seed) for seed, name in enumerate(["alley", "beach", "cellar"])}
    expose = Expose(camera_per="place", noise=0.0, jpeg_quality=90, max_saturated=1.0, max_black=1.0)
    folder = tmp_path_factory.mktemp("judged") / "tiny"
    found = Scenes(build_results(folder, images, Prepare(size=32, views=3), expose), None)
    found.table = found.table[found.table.source == "alley"].reset_index(drop=True)
    return found


@pytest.fixture(scope="module")
def rows(scenes):
    return judge_radiance(scenes, Ours(), [KnownResponse(), DebevecAll(), OpenCVMerge()], Photometry())


def test_every_setting_has_its_arms_on_all_of_its_queries(rows):
    arms = rows.groupby("setting").method.unique().map(set)
    assert arms["single"] == {"ours", "response", TRUTH}
    assert arms["scene"] == {ALONE, "linear", "calibrated", "merge"}
    assert arms["place"] == {ALONE, "camera_linear", "linear", "camera", "calibrated"}
    assert arms["bracket"] == {"debevec_all", "opencv_merge"}
    queries = rows.drop_duplicates(["setting", "scene", "ev"]).groupby("setting").size()
    assert queries.to_dict() == {"bracket": 3, "place": 9, "scene": 9, "single": 9}


def values(rows, setting, method, metric, region):
    chosen = rows[
        (rows.setting == setting) & (rows.method == method) & (rows.metric == metric) & (rows.region == region)
    ]
    return chosen[chosen.alignment == "plain"].set_index(["scene", "ev"]).value


def test_our_single_shot_is_the_same_in_all_settings(rows):
    for setting in ("scene", "place"):
        alone = values(rows, setting, ALONE, "log_rmse", "all")
        np.testing.assert_array_equal(alone, values(rows, "single", "ours", "log_rmse", "all"))


def test_the_true_response_comes_back_and_a_calibrated_one_comes_near(rows):
    """x^2 is wrong where nothing is clipped; the camera's own curve is right but for JPEG and 8 bits."""
    guessed, known, found = (
        values(rows, setting, arm, "log_rmse", "unclipped").mean()
        for setting, arm in (("single", "ours"), ("single", "response"), ("place", "calibrated"))
    )
    assert known < 0.35
    assert found < guessed
    np.testing.assert_array_equal(
        values(rows, "place", "calibrated", "log_rmse", "all"), values(rows, "place", "linear", "log_rmse", "all")
    )


def test_pixels_count_as_clipped_by_the_light_whatever_white_and_compression_made_of_them(rows, scenes):
    differs = False
    for scene in scenes:
        for index, ev in enumerate(scene.evs):
            share = (scene.hdr * 2 ** scene.stops[index] >= 1).any(0).double().mean().item()
            one = rows[(rows.scene == scene.name) & (rows.ev == ev)]
            assert one.clipped.to_numpy() == pytest.approx(share)
            written = (scene.ldr[index].amax(0) == 1).double().mean().item()
            differs |= abs(share - written) > 0.01
    assert differs, "compression moves values away from 255 and others to it"
    assert (rows.clipped > 0).any()
    clipped = rows[(rows.region == "clipped") & (rows.setting == "single")]
    assert (clipped.value.isna() == (clipped.clipped == 0)).all()


def test_the_saturation_of_colours_is_hsvs():
    colours = torch.tensor([[1.0, 0.5, 0.25], [3.0, 3.0, 3.0], [0.0, 0.0, 0.0], [0.0, 0.0, 7.0]])
    assert hsv_saturation(colours.T.reshape(3, 2, 2)).flatten().tolist() == [0.75, 0, 0, 1]


def test_opencvs_merge_has_the_scenes_scale(rows, scenes):
    """Within a stop, its calibration's own error on 32x32 pixels; that of another exposure would be two off."""
    for scene in scenes:
        merged = OpenCVMerge().reconstruct(scene.ldr, scene.stops)[0]
        well = ((scene.ldr > 0.1) & (scene.ldr < 0.9)).all(0)
        assert torch.log2(merged / scene.hdr)[well].median().abs() < 1
    assert np.isfinite(values(rows, "bracket", "opencv_merge", "log_rmse", "all")).all()
