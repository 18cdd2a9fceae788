import numpy as np

from metahdr.camera.curve import Curve
from metahdr.camera.response import Response


def test_a_table_of_a_known_curve_is_that_curve():
    values, response = np.linspace(0, 1, 4001), Response(0.9, 0.6)
    curve = Curve(response.inverse(values))
    np.testing.assert_allclose(curve(values), response(values), atol=1e-4)
    np.testing.assert_allclose(curve.inverse(values), response.inverse(values), atol=1e-9)


def test_a_table_is_linear_between_its_entries():
    curve = Curve(np.array([0, 0.25, 1]))
    assert curve(0.25) == 0.5
    assert curve.inverse(0.75) == 0.625
