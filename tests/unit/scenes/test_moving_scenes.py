from dataclasses import replace

import cv2
import numpy as np
import pytest

from metahdr.brackets.motion import Shake
from metahdr.brackets.shifts import middle
from metahdr.config.expose import Expose
from metahdr.config.motion import Motion
from metahdr.errors import UserError
from metahdr.scenes.moving import as_taken, move, view_of_picture
from metahdr.scenes.scene import Scenes


@pytest.fixture(scope="module")
def moving(results, move_scenes):
    return move_scenes(results, Motion(things=2, shake=1.0))


def pairs(fold):
    return list(zip(Scenes(fold, None), Scenes(fold, None, moving=True), strict=True))


def test_without_motion_a_moving_bracket_is_the_still_one_but_for_its_noise(results, move_scenes):
    fold = move_scenes(results, Motion(things=0, shake=0.0), Expose(noise=0.0))
    for still, moved in pairs(fold):
        np.testing.assert_allclose(moved.hdr, still.hdr, rtol=1e-4)
        assert (moved.ldr - still.ldr).abs().mean() < 0.01
        assert not moved.moved.any()


def test_what_moved_is_marked_and_the_rest_of_the_truth_is_the_still_scene(moving):
    for still, moved in pairs(moving):
        assert 0.01 < moved.moved.float().mean() < 0.9
        np.testing.assert_allclose(moved.hdr[:, ~moved.moved], still.hdr[:, ~moved.moved], rtol=1e-4)


def test_the_middle_exposure_shows_the_truth(moving):
    for _, scene in pairs(moving):
        (reference,) = scene.queries()
        assert reference == middle(list(scene.stops)) == 1
        exposed = np.clip(scene.hdr.numpy() * 2 ** scene.stops[1], 0, 1)
        np.testing.assert_allclose(scene.ldr[1], scene.response(exposed), atol=0.03)


def test_every_exposure_of_a_still_scene_is_held_out_in_turn(scene):
    assert scene.queries() == [0, 1, 2]


def test_things_come_from_other_places_of_the_same_split(moving):
    still = Scenes(moving, "train")
    for scene in still:
        black = [replace(other, hdr=other.hdr * 0) if other.place != scene.place else other for other in still]
        lenders = Lenders(still.table, black)
        view = view_of_picture(scene, 70)
        found = move(scene, view, 70, lenders, Motion(things=2, shake=0.0), Expose(), 0)
        assert found.truth[found.moved].min() == 0


class Lenders(list):
    """Scenes with a table, as `Scenes` has it."""

    def __init__(self, table, scenes):
        super().__init__(scenes)
        self.table = table


def test_a_photograph_is_warped_by_the_homography_of_the_shake(scene):
    shake, picture = Shake(yaw=3.0), scene.hdr.numpy().transpose(1, 2, 0)
    turned = view_of_picture(scene, 70)(shake)
    back = cv2.warpPerspective(turned, shake.homography(70, 32), (32, 32))
    inner = np.s_[8:-8, 8:-8]
    assert np.abs(back[inner] - picture[inner]).mean() < 0.5 * np.abs(turned[inner] - picture[inner]).mean()


def test_a_bracket_that_the_dataset_brings_is_taken_as_it_is_and_what_contradicts_its_middle_exposure_moved(scene):
    ldr = scene.ldr.clone()
    ldr[2, :, 4:14, 4:14] = 0.05  # a dark thing that only the bright exposure shows
    own = replace(scene, ldr=ldr, response=None)
    taken = as_taken(own)
    np.testing.assert_allclose(taken.exposures.transpose(0, 3, 1, 2) / 255, ldr, atol=1 / 255)
    np.testing.assert_array_equal(taken.truth.transpose(2, 0, 1), scene.hdr)
    assert taken.moved[6:12, 6:12].all()
    assert taken.moved[18:, 18:].mean() < 0.1


def test_exposures_that_the_virtual_camera_did_not_take_are_refused(scene, results):
    own = replace(scene, response=None)
    with pytest.raises(UserError, match=f"{scene.name}: its exposures are not the virtual camera's"):
        move(own, view_of_picture(own, 70), 70, Scenes(results, "train"), Motion(), Expose(), 0)
