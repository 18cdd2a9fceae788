import numpy as np
import pytest
import torch

from metahdr.brackets.handheld import merge_bracket
from metahdr.camera.exposure import expose
from metahdr.camera.response import Response
from metahdr.methods.base import in_scene_scale
from metahdr.methods.bracket import Bracket, BracketSupport, fill
from metahdr.methods.camera import KnowsCameras

CAMERA, STOPS = Response(0.9, 0.6), [-2.0, 0.0, 2.0]


class Brighter(KnowsCameras):
    """Light of the values by a given curve, times a factor where the mask of a network would be."""

    name, title, citation, takes, scale = "brighter", "", "", "single", "exposure"
    uses = frozenset({"exposure", "ev"})

    def __init__(self, factor, curve=None):
        self.factor, self.curve = factor, curve

    def reconstruct(self, exposures, stops):
        light = torch.from_numpy(self.curve.inverse(exposures.numpy())).float()
        return in_scene_scale(light * self.factor ** ((exposures - 0.9) / 0.08).clamp(0, 1), stops)


@pytest.fixture(scope="module")
def taken():
    """Light that rises by 1.5 % a pixel from 1/50 to 16 times the light that clips the darkest exposure."""
    light = np.geomspace(0.08, 64, 450, dtype=np.float32)
    hdr = np.ones((32, 450, 3), np.float32) * light[:, None] * np.float32([1, 0.8, 0.6])
    return hdr, np.stack([expose(hdr, stop, CAMERA) for stop in STOPS])


def test_what_an_exposure_shows_stays_the_merges(taken):
    _, exposures = taken
    merged = merge_bracket(exposures, STOPS, align=False)
    filled = fill(merged, Brighter(4.0, merged.curve))
    shown = exposures[0] <= 230
    assert 0.3 < shown.mean() < 0.9
    np.testing.assert_array_equal(filled[shown], merged.radiance[shown])


def test_what_is_clipped_in_all_exposures_is_the_networks(taken):
    hdr, exposures = taken
    merged = merge_bracket(exposures, STOPS, align=False)
    filled = fill(merged, Brighter(4.0, merged.curve))
    white = (exposures[0] == 255).all(-1)
    np.testing.assert_allclose(filled[white], 4 * merged.radiance[white], rtol=1e-4)

    def error(image):
        return np.sqrt(np.mean(np.log2(image / hdr)[white] ** 2))

    assert error(filled) < error(merged.radiance)


def test_no_edge_shows_where_the_network_takes_over(taken):
    _, exposures = taken
    merged = merge_bracket(exposures, STOPS, align=False)
    steps = np.abs(np.diff(np.log2(fill(merged, Brighter(4.0, merged.curve))), axis=1)).max()
    assert steps < 0.5  # of the two stops that the network adds


def test_it_is_never_darker_than_the_merge(taken):
    _, exposures = taken
    merged = merge_bracket(exposures, STOPS, align=False)
    assert (fill(merged, Brighter(0.1, merged.curve)) >= merged.radiance).all()


def test_nothing_clipped_needs_no_network(taken):
    hdr, _ = taken
    exposures = np.stack([expose(hdr / 100, stop, CAMERA) for stop in STOPS])
    merged = merge_bracket(exposures, STOPS, align=False)
    assert fill(merged, None) is merged.radiance


@pytest.mark.parametrize("kind", [Bracket, BracketSupport])
def test_the_method_gives_the_network_the_brackets_camera(taken, kind):
    _, exposures = taken
    tensor = torch.from_numpy(exposures.transpose(0, 3, 1, 2).copy()).float() / 255
    radiance = kind(Brighter(4.0)).reconstruct(tensor, STOPS)
    merged = merge_bracket(exposures, STOPS, align=False, deghost=False)
    expected = fill(merged, Brighter(4.0, merged.curve)).transpose(2, 0, 1)
    np.testing.assert_allclose(radiance[0].numpy(), expected, rtol=1e-5)
