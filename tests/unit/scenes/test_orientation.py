import numpy as np
import pytest

from metahdr.camera.exposure import expose
from metahdr.camera.response import Response
from metahdr.images.luminance import metered_scale
from metahdr.scenes.orientation import ORIENTATIONS, find_alignment, orient


def test_the_eight_orientations_are_what_they_say():
    turned = {name: orient(np.array([[1, 2], [3, 4]]), name).tolist() for name in ORIENTATIONS}
    assert turned == {
        "identity": [[1, 2], [3, 4]],
        "rot90": [[2, 4], [1, 3]],
        "rot180": [[4, 3], [2, 1]],
        "rot270": [[3, 1], [4, 2]],
        "flip": [[2, 1], [4, 3]],
        "flip_rot90": [[1, 3], [2, 4]],
        "flip_rot180": [[3, 4], [1, 2]],
        "flip_rot270": [[4, 2], [3, 1]],
    }


@pytest.mark.parametrize("ev", [-2, 0, 3])
@pytest.mark.parametrize("damage", ORIENTATIONS)
def test_a_turned_hdr_image_is_turned_back_to_fit_its_exposure(scenery, damage, ev):
    hdr = scenery(1, 48, 64)
    ldr = expose(hdr * metered_scale(hdr), ev, Response(0.9, 0.6))
    turned = orient(hdr, damage)
    found = find_alignment(ldr, turned)
    np.testing.assert_array_equal(orient(turned, found.orientation), hdr)
    assert found.margin > 0.1
