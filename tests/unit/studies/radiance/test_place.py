from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from metahdr.config.expose import Expose
from metahdr.config.prepare import Prepare
from metahdr.images.panorama import perspective_view
from metahdr.scenes.scene import Scenes
from metahdr.studies.radiance.place import calibrate, distance, other_views, overlap


@pytest.fixture(scope="module")
def places(tmp_path_factory, scenery, build_results):
    """Three panoramas of six views of 32x32, 60 degrees apart and 70 wide, each taken with one camera."""
    images = {name: scenery(seed) for seed, name in enumerate(["alley", "beach", "cellar"])}
    expose = Expose(camera_per="place", noise=0.0, max_saturated=1.0, max_black=1.0)
    folder = tmp_path_factory.mktemp("places") / "tiny"
    return Scenes(build_results(folder, images, Prepare(size=32, views=6), expose), None)


@pytest.mark.parametrize(
    ("a", "b", "angle"), [(0, 60, 60), (350, 10, 20), (0, 180, 180), (300, 0, 60), (90, 90, 0)]
)
def test_the_angle_between_azimuths_goes_the_short_way_round(a, b, angle):
    assert distance(a, b) == distance(b, a) == angle


def view(azimuth, field_of_view=70.0, source="a", place="a"):
    return pd.Series({"azimuth": azimuth, "field_of_view": field_of_view, "source": source, "place": place})


def test_views_overlap_exactly_where_they_show_a_common_column_of_the_panorama():
    """Each column of the panorama has its own number; what two views show is compared, not angles."""
    columns = np.broadcast_to(np.arange(720.0)[None, :, None], (360, 720, 3))

    def shown(azimuth):
        image = perspective_view(columns.astype(np.float32), azimuth, 70, 256)
        return set(image[..., 0].round().astype(int).ravel())

    for angle in (60, 68, 72, 120, 240):
        assert overlap(view(-140.0), view(angle - 140.0)) == bool(shown(-140) & shown(angle - 140)), angle


def test_what_cannot_be_told_apart_counts_as_overlapping():
    assert overlap(view(0.0), view(70.0)), "touching views share the pixels between them"
    assert not overlap(view(0.0), view(70.5))
    assert overlap(view(np.nan), view(np.nan))
    assert overlap(view(0.0, source="day"), view(180.0, source="night")), "directions of two panoramas"
    assert not overlap(view(0.0), view(0.0, source="b", place="b"))


def test_support_views_are_of_the_place_apart_from_the_query_and_the_farthest_first(places):
    names = list(places.table.scene)
    views = other_views(places, names.index("beach_1"))
    assert [view.name for view in views] == ["beach_4", "beach_3", "beach_5"]


def test_views_of_another_camera_are_no_support(tmp_path, scenery, build_results):
    images = {name: scenery(seed) for seed, name in enumerate("abc")}
    scenes = Scenes(build_results(tmp_path / "tiny", images, Prepare(size=16, views=6), Expose()), None)
    assert all(other_views(scenes, index) == [] for index in range(len(scenes)))


def test_brackets_of_other_views_tell_the_cameras_response_and_their_radiance(places):
    views = other_views(places, 0)
    curve, merged = calibrate(views)
    assert merged.shape == (3, 3, 32, 32)
    values = np.arange(30, 240) / 255
    error = np.log2(curve.inverse(values) / views[0].response.inverse(values))
    assert np.abs(error).max() < 0.2
    well = (views[1].ldr > 0.1) & (views[1].ldr < 0.9)
    stops = torch.log2(merged[1] / views[1].hdr)[well.any(0)]
    assert stops.abs().median() < 0.1


def test_some_exposures_alone_can_be_the_support(places):
    scene = places[0]
    _, merged = calibrate([scene], [0, 2])
    assert merged.shape == (1, 3, 32, 32)
    blank = replace(scene, ldr=scene.ldr.index_fill(0, torch.tensor(1), 0.5))
    torch.testing.assert_close(calibrate([blank], [0, 2])[1], merged)  # the middle exposure is not looked at
    assert not torch.equal(calibrate([scene])[1], merged)
