import cv2
import numpy as np
import pytest

from metahdr.brackets.motion import Shake, Thing, draw_shake, draw_thing, moved_by, moved_pixels, with_things
from metahdr.config.motion import Motion
from metahdr.images.panorama import perspective_view

SHAKES = [Shake(yaw=2.0), Shake(pitch=-1.5), Shake(roll=3.0), Shake(1.0, -2.0, 4.0)]


@pytest.mark.parametrize("shake", SHAKES)
def test_the_homography_of_a_shake_leads_back_to_the_view_before_it(scenery, shake):
    panorama = cv2.GaussianBlur(scenery(1, 256, 512), (0, 0), 3)
    before = perspective_view(panorama, 40, 70, 96)
    shaken = perspective_view(panorama, 40 + shake.yaw, 70, 96, shake.pitch, shake.roll)
    back = cv2.warpPerspective(shaken, shake.homography(70, 96), (96, 96))
    inner = np.s_[12:-12, 12:-12]
    error, moved = (np.abs(image[inner] - before[inner]).mean() for image in (back, shaken))
    assert error < 0.05 * moved


def test_a_shake_to_the_right_moves_the_picture_to_the_left_by_the_pinhole_camera_s_tangent():
    x, y, w = Shake(yaw=5.0).homography(90, 101) @ [50, 50, 1]
    assert (x / w, y / w) == pytest.approx((50 + 50.5 * np.tan(np.radians(5)), 50))


def test_the_reference_is_not_shaken_and_the_angles_have_the_configured_spread():
    shakes = draw_shake(np.random.default_rng(0), 2001, 1000, Motion(shake=0.5))
    assert shakes[1000] == (0, 0, 0)
    assert np.std(shakes, 0) == pytest.approx([0.5] * 3, rel=0.1)


def test_a_picture_is_moved_by_whole_pixels_and_loses_what_leaves_it():
    image = np.arange(1, 10).reshape(3, 3)
    assert moved_by(image, 1, -1).tolist() == [[0, 4, 5], [0, 7, 8], [0, 0, 0]]
    assert not moved_by(image, 3, 0).any()


def test_a_thing_covers_the_background_in_linear_light_at_each_of_its_positions():
    cover = np.zeros((4, 4), np.float32)
    cover[1, 1], cover[1, 2] = 1, 0.25
    thing = Thing(np.full((4, 4, 3), 8, np.float32), cover, (1, 1))
    background = np.full((4, 4, 3), 4, np.float32)
    now, later = (with_things(background, [thing], time)[..., 0] for time in (0, 1))
    assert now[1].tolist() == [4, 8, 5, 4]
    assert later[2].tolist() == [4, 4, 8, 5]
    assert (later[1] == 4).all()


def test_a_pixel_moved_where_a_thing_is_in_any_exposure():
    cover = np.zeros((7, 7), np.float32)
    cover[3, 3] = 1
    thing = Thing(np.zeros((7, 7, 3), np.float32), cover, (2, 0))
    moved = moved_pixels([thing], [Shake()] * 3, 1, 70)
    assert np.argwhere(moved).tolist() == [[3, 1], [3, 3], [3, 5]]


def test_a_thing_has_the_configured_size_speed_and_light(scenery):
    picture = scenery(2, 200, 200)
    settings = Motion(size=[0.2, 0.3], speed=[0.05, 0.1], light=1.0)
    things = [draw_thing(np.random.default_rng(seed), picture, settings) for seed in range(60)]
    steps = np.array([np.hypot(*thing.steps) for thing in things])
    assert steps.min() > 9 and steps.max() < 21
    inside = [t for t in things if not (t.cover[[0, -1]].any() or t.cover[:, [0, -1]].any())]
    longest = [max(np.ptp(np.argwhere(t.cover > 0.5), 0)) for t in inside]
    assert min(longest) > 25 and max(longest) < 75
    stops = np.log2([t.radiance.mean() / picture.mean() for t in things])
    assert 0.7 < stops.std() < 1.3
