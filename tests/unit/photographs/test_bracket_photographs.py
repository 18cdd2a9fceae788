import numpy as np
import pytest
from PIL import Image
from PIL.ExifTags import Base

from metahdr.camera.exposure import expose
from metahdr.camera.response import Response
from metahdr.errors import UserError
from metahdr.photographs.bracket import make_bracket, read_bracket
from metahdr.photographs.read import Photograph


def test_the_stops_are_those_of_the_exif_data(shoot):
    paths = [shoot(f"{ev}.jpg", ev) for ev in (2, -2, 0)]
    bracket = read_bracket(paths, None)
    assert bracket.stops == pytest.approx([2, -2, 0], abs=1e-3) and bracket.curve is None
    assert bracket.exposures.shape == (3, 96, 128, 3) and bracket.exposures.dtype == np.uint8
    assert bracket.exposures[0].mean() > bracket.exposures[2].mean() > bracket.exposures[1].mean()


def test_given_stops_need_no_exif_data(shoot):
    paths = [shoot(f"{ev}.png", ev, exif=False) for ev in (-2, 1)]
    assert read_bracket(paths, [-2, 1]).stops == [-2, 1]
    with pytest.raises(UserError, match=r"-2.png: its EXIF data have no exposure time; .* --ev"):
        read_bracket(paths, None)


@pytest.mark.parametrize(
    ("stops", "message"),
    [
        ([-2, 0], "2 EVs for 3 exposures"),
        ([0, 0.1, 0.2], "equal exposures, 0.20 stops apart"),
        ([2, 0, -2], "-2.jpg: brighter than 0.jpg|0.jpg: brighter than -2.jpg|brighter than"),
        ([-2, 0, float("nan")], "stops from -30 to 30"),
        ([100, 400, 1600], "not ISOs"),
    ],
)
def test_stops_that_cannot_be_are_refused(shoot, stops, message):
    with pytest.raises(UserError, match=message):
        read_bracket([shoot(f"{ev}.jpg", ev) for ev in (-2, 0, 2)], stops)


def test_one_exposure_is_no_bracket(shoot):
    with pytest.raises(UserError, match="a.jpg: a bracket has at least two exposures"):
        read_bracket([shoot("a.jpg")], None)


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_tag_of_orientation_that_jumps_is_a_note(shoot, number):
    paths = [shoot(f"{ev}.jpg", ev) for ev in (-2, 0, 2)]
    with Image.open(paths[number]) as image:
        exif = image.getexif()
        exif[Base.Orientation] = 3
        image.save(paths[number], exif=exif, quality=95)
    bracket = read_bracket(paths, [-2, 0, 2])
    assert bracket.notes == (f"{paths[1]}: its orientation is taken for all exposures",)
    assert bracket.exposures.shape == (3, 96, 128, 3)


@pytest.mark.parametrize("other", [1, 2, 3])
def test_another_view_is_refused(shoot, other):
    paths = [shoot("a.jpg", -2), shoot("b.jpg", 0, seed=other), shoot("c.jpg", 2)]
    with pytest.raises(UserError, match="a.jpg, b.jpg: different views"):
        read_bracket(paths, None)


def test_a_view_that_moved_by_a_few_per_cent_is_the_same(view):
    image = view()
    light = [image[:90, :120], image[3:93, 4:124], image[5:95, 2:122]]
    photographs = [Photograph(expose(x, ev, Response(0.9, 0.6))) for x, ev in zip(light, (-2, 0, 2), strict=True)]
    assert make_bracket(["a", "b", "c"], photographs, [-2, 0, 2]).stops == [-2, 0, 2]


def test_other_sizes_and_kinds_are_refused(view):
    eight = expose(view(), 0, Response(0.9, 0.6))
    with pytest.raises(UserError, match="b: 127x96 pixels, a has 128x96; a bracket has one size"):
        make_bracket(["a", "b"], [Photograph(eight), Photograph(eight[:, 1:])], [0, 2])
    with pytest.raises(UserError, match="b: a raw file and a rendered image in one bracket"):
        make_bracket(["a", "b"], [Photograph(eight), Photograph(eight, Response(1, 1))], [0, 2])
