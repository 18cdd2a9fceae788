import numpy as np
import pytest
import torch

from metahdr.camera.curve import Curve
from metahdr.camera.response import Response
from metahdr.methods.radiance import Radiance, apply
from metahdr.nets.radiance import RadianceNet


@pytest.fixture
def method():
    torch.manual_seed(0)
    network = RadianceNet().eval()
    torch.nn.init.normal_(network.head.weight)
    return Radiance(network)


@pytest.fixture
def exposure():
    """Smooth, with a large and a small clipped area; larger than what the networks see."""
    y, x = np.mgrid[0:600, 0:701] / 600
    image = 0.6 + 0.4 * np.sin(5 * x + 3 * y)[None] * np.array([1, 0.8, 0.6])[:, None, None]
    image[:, 100:130, 50:90] = 1
    return torch.from_numpy(np.clip(image * 1.1, 0, 1)).float()[None]


def test_no_seam_shows_where_strips_meet(method, exposure, monkeypatch):
    whole = method.reconstruct(exposure, [0.0])
    for rows in (64, 96, 1000):
        monkeypatch.setattr(apply, "STRIP", rows)
        torch.testing.assert_close(method.reconstruct(exposure, [0.0]), whole, rtol=1e-5, atol=1e-6)


def test_nothing_is_darker_than_what_is_known(method, exposure):
    curve = Curve(Response(0.9, 0.6).inverse(np.linspace(0, 1, 257)))
    known = torch.from_numpy(curve.inverse(exposure.numpy())).float()
    light = method.with_camera(curve).reconstruct(exposure, [0.0])
    assert (light >= known - 1e-5).all()
    unclipped = exposure < 0.9
    torch.testing.assert_close(light[unclipped], known[unclipped], atol=1e-5, rtol=1e-4)
    assert light[exposure == 1].min() >= 1


def test_stops_scale_the_light(method, exposure):
    small = exposure[..., :64, :64]
    torch.testing.assert_close(method.reconstruct(small, [2.0]) * 4, method.reconstruct(small, [0.0]))


def test_a_known_camera_leaves_the_method_itself_unchanged(method, exposure):
    before = method.reconstruct(exposure[..., :64, :64], [0.0])
    method.with_camera(Curve(np.linspace(0, 1, 257)))
    assert method.curve is None
    torch.testing.assert_close(method.reconstruct(exposure[..., :64, :64], [0.0]), before)
