import numpy as np
import pytest

from metahdr.brackets.prior import curve_prior
from metahdr.camera.response import Response


def test_every_curve_is_1_at_255_and_rises():
    mean, covariance = curve_prior()
    assert mean[-1] == pytest.approx(0) and not covariance[-1].any() and not covariance[:, -1].any()
    assert (np.diff(mean) > 0).all()
    assert np.linalg.eigvalsh(covariance).min() > -1e-9


def test_cameras_curves_are_nothing_unusual():
    mean, covariance = curve_prior()
    spread = np.sqrt(np.diag(covariance)[:-1])
    values = np.arange(1, 255) / 255
    for response in (Response(0.7, 0.4), Response(1.1, 0.8)):
        assert (np.abs(np.log(response.inverse(values)) - mean[:-1]) < 2 * spread).all()
    assert (np.abs(2.2 * np.log(values) - mean[:-1]) < 2.5 * spread).all()  # gamma 2.2
