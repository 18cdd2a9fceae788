import numpy as np
import pytest
import torch

from metahdr.camera.exposure import expose
from metahdr.camera.response import Response
from metahdr.images.luminance import metered_scale
from metahdr.methods.radiance import Radiance
from metahdr.nets.radiance import RadianceNet

RESPONSE = Response(0.9, 0.6)


@pytest.fixture
def bracket(scenery):
    """Exposures `(3, 3, H, W)`, radiance `(3, 3, H, W)` and stops of one view."""
    hdr = scenery(0)[:64, :64]
    hdr = hdr * np.float32(metered_scale(hdr))
    stops = [-2.0, 0.0, 2.0]
    rng = np.random.default_rng(0)
    ldr = np.stack([expose(hdr, ev, RESPONSE, 0.002, rng) for ev in stops]).transpose(0, 3, 1, 2)
    truth = torch.from_numpy(hdr.transpose(2, 0, 1).copy()).expand(3, -1, -1, -1)
    return torch.from_numpy(ldr.astype(np.float32) / 255), truth, stops


def test_adaptation_calibrates_the_camera_whatever_the_labels_and_leaves_the_network_as_it_is(bracket):
    exposures, truth, stops = bracket
    method = Radiance(RadianceNet().eval())
    changed, again = (method.adapt(exposures, labels, stops) for labels in (truth, 0 * truth))
    assert method.curve is None and changed.network is method.network
    values = np.linspace(0.1, 0.9, 9)
    np.testing.assert_allclose(np.log2(changed.curve.inverse(values) / RESPONSE.inverse(values)), 0, atol=0.35)
    np.testing.assert_array_equal(again.curve.exposures, changed.curve.exposures)
