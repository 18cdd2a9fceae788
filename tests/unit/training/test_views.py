import colorsys

import numpy as np
import pytest

from metahdr.errors import UserError
from metahdr.images.files import write_exr
from metahdr.training.views import change_colours, decode_images


@pytest.mark.parametrize(("hue", "saturation"), [(0, 0), (30, 0), (-20, 0.1), (5, -0.2)])
def test_colours_change_as_python_changes_them(hue, saturation):
    colours = np.random.default_rng(0).random((4, 4, 3)).astype(np.float32)
    expected = np.empty_like(colours)
    for index in np.ndindex(4, 4):
        h, s, v = colorsys.rgb_to_hsv(*colours[index])
        expected[index] = colorsys.hsv_to_rgb((h + hue / 360) % 1, min(max(s + saturation, 0), 1), v)
    np.testing.assert_allclose(change_colours(10 * colours, hue, saturation), 10 * expected, atol=1e-3)


def test_grey_stays_grey():
    grey = np.full((2, 2, 3), 0.7, np.float32)
    np.testing.assert_allclose(change_colours(grey, 20, 0.5), grey, rtol=1e-6)


def test_decoded_images_are_the_files_values_and_are_not_decoded_twice(tmp_path, scenery):
    write_exr(tmp_path / "a.exr", scenery(0), half=False)
    (path,) = decode_images({"a": tmp_path / "a.exr"}, tmp_path / "decoded")
    np.testing.assert_array_equal(np.load(path), scenery(0))
    (tmp_path / "a.exr").unlink()
    assert decode_images({"a": tmp_path / "a.exr"}, tmp_path / "decoded") == [path]


def test_an_array_that_cannot_be_saved_is_explained(tmp_path, scenery):
    write_exr(tmp_path / "a.exr", scenery(0))
    (tmp_path / "decoded").write_text("a file where the folder would be", encoding="utf-8")
    with pytest.raises(UserError, match=r"decoded/a\.npy: cannot be saved: .* make room"):
        decode_images({"a": tmp_path / "a.exr"}, tmp_path / "decoded")
