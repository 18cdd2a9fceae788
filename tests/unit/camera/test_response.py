import numpy as np
import pytest

from metahdr.camera.response import Response, draw_response


@pytest.mark.parametrize(
    ("n", "sigma", "x", "y"),
    [
        (1, 1, 0.5, 2 / 3),  # 2 * 0.5 / 1.5
        (2, 0.5, 0.5, 0.5),  # 1.5 * 0.25 / 0.75
        (0.5, 0.6, 0.25, 8 / 11),  # 1.6 * 0.5 / 1.1
    ],
)
def test_a_response_follows_its_formula(n, sigma, x, y):
    assert Response(n, sigma)(np.array(x)) == pytest.approx(y)


@pytest.mark.parametrize("response", [Response(0.9, 0.6), Response(0.1, 0.1), Response(1.5, 2)])
def test_a_response_runs_from_0_to_1_and_is_undone_by_its_inverse(response):
    x = np.linspace(0, 1, 101)
    y = response(x)
    assert (y[0], y[-1]) == (0, 1)
    assert (np.diff(y) > 0).all()
    np.testing.assert_allclose(response.inverse(y), x, atol=1e-12)


def test_curves_are_drawn_with_the_given_mean_and_deviation():
    rng = np.random.default_rng(0)
    curves = [draw_response(rng, [0.9, 0.1], [0.6, 0.05]) for _ in range(2000)]
    n, sigma = np.array([(curve.n, curve.sigma) for curve in curves]).T
    np.testing.assert_allclose([n.mean(), sigma.mean()], [0.9, 0.6], atol=0.01)
    np.testing.assert_allclose([n.std(), sigma.std()], [0.1, 0.05], rtol=0.05)


def test_no_drawn_curve_is_flat():
    rng = np.random.default_rng(0)
    curves = [draw_response(rng, [0, 1], [0, 1]) for _ in range(100)]
    assert min(min(curve.n, curve.sigma) for curve in curves) == 0.1
