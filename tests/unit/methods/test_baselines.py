"""The baselines on scenes that are worked by hand."""

import dataclasses

import numpy as np
import pytest
import torch

from metahdr.brackets.merge import inverse_response, merge
from metahdr.camera.exposure import expose
from metahdr.camera.response import Response
from metahdr.errors import UserError
from metahdr.images.luminance import LUMINANCE
from metahdr.registry import METHODS
from metahdr.scenes.scene import Scene

CAMERA = Response(0.9, 0.6)
EVS = (-2.0, 0.0, 2.0)


def take(hdr: np.ndarray, response: Response = CAMERA) -> Scene:
    """A scene `(H, W, 3)` as a camera without noise takes it."""
    ldr = np.stack([expose(hdr, ev, response) for ev in EVS]).transpose(0, 3, 1, 2)
    truth = torch.from_numpy(hdr.transpose(2, 0, 1).copy()).float()
    exposures = torch.from_numpy(ldr).float() / 255
    return Scene("oak_0", "oak", "oak", "chunk0", EVS, EVS, exposures, truth, response)


@pytest.fixture(scope="module")
def taken(scenery):
    image = scenery(0)
    return take(image / image.mean())


def log_average(radiance: torch.Tensor) -> float:
    return np.exp(np.log(np.einsum("chw,c->hw", radiance.double().numpy(), LUMINANCE)).mean())


def test_metered_methods_do_not_know_the_ev_and_answer_at_a_log_average_of_0_18(taken):
    exposures = taken.ldr.clamp(min=4 / 255)  # the meter counts what is darker otherwise
    for name, plain in (("gamma_2_metered", "gamma_2"), ("hdrcnn_metered", "hdrcnn")):
        method = METHODS[name].load()
        radiance = method.reconstruct(exposures, [0.0] * 3)
        assert torch.equal(method.reconstruct(exposures, taken.stops), radiance)
        known = METHODS[plain].load().reconstruct(exposures, taken.stops)
        for image, in_scale in zip(radiance, known, strict=True):
            assert log_average(image) == pytest.approx(0.18, rel=1e-4)
            factor = 0.18 / log_average(in_scale)
            torch.testing.assert_close(image, in_scale * factor, rtol=1e-4, atol=1e-6)


def test_a_black_image_has_no_scale_and_stays_black():
    black = torch.zeros(1, 3, 4, 4)
    assert torch.equal(METHODS["gamma_2_metered"].load().reconstruct(black, [0.0]), black)


def test_the_known_response_is_exact_to_quantisation_where_the_exposure_is_not_clipped(taken):
    for index, (x, ev) in enumerate(zip(taken.ldr, EVS, strict=True)):
        method = METHODS["response"].load().told(taken, index)
        radiance = method.reconstruct(x[None], [ev])[0]
        known = x < 1
        low, high = (
            CAMERA.inverse(np.clip(x.double().numpy() + half / 255, 0, 1)) / 2**ev for half in (-0.5, 0.5)
        )
        assert (taken.hdr.numpy() >= low - 1e-6)[known].all() and (taken.hdr.numpy() <= high + 1e-6)[known].all()
        assert (radiance.numpy() >= low)[known].all() and (radiance.numpy() <= high)[known].all()
        torch.testing.assert_close(radiance[~known], torch.full_like(radiance[~known], 2**-ev))


def test_a_camera_that_is_not_virtual_has_no_known_response(taken):
    with pytest.raises(
        UserError, match=r"the camera of oak_0 is not known; leave this method out of score\.methods"
    ):
        METHODS["response"].load().told(dataclasses.replace(taken, response=None), 0)


@pytest.mark.parametrize("index", range(3))
def test_the_polynomial_is_numpys_least_squares_fit_of_the_values_that_are_not_clipped(taken, index):
    x = taken.ldr[index : index + 1]
    radiance = METHODS["polynomial"].load().told(taken, index).reconstruct(x, [EVS[index]])[0].numpy()
    values, truth = x[0].double().numpy(), taken.hdr.double().numpy()
    known = values < 1
    fit = np.polyval(np.polyfit(values[known], truth[known], 5), values)
    np.testing.assert_allclose(radiance[known], np.maximum(fit, 0)[known], rtol=1e-4, atol=1e-5)
    assert radiance[~known] == pytest.approx(np.exp(np.log(truth[~known]).mean()), rel=1e-5)


@pytest.mark.parametrize("other", ["gamma_2", "gamma_2_2", "response"])
@pytest.mark.parametrize("index", range(3))
def test_no_fixed_curve_beats_the_polynomial_where_the_exposure_is_not_clipped(taken, other, index):
    x, known = taken.ldr[index : index + 1], taken.ldr[index] < 1
    errors = [
        (METHODS[name].load().told(taken, index).reconstruct(x, [EVS[index]])[0] - taken.hdr)[known]
        .square()
        .mean()
        for name in ("polynomial", other)
    ]
    assert errors[0] < errors[1] * (1.2 if other == "response" else 1)  # a true curve is no polynomial


def test_a_polynomial_exists_for_an_image_of_two_values_and_for_one_that_is_all_clipped():
    grey = np.full((4, 4, 3), 0.1)
    grey[:2] = 0.3
    for scale in (1, 1000):
        scene = take(grey * scale)
        radiance = METHODS["polynomial"].load().told(scene, 1).reconstruct(scene.ldr[1:2], [0.0])[0]
        expected = scene.hdr if scale == 1 else torch.full((3, 4, 4), 1000 * (0.1 * 0.3) ** 0.5)
        torch.testing.assert_close(radiance, expected, rtol=1e-4, atol=0)


def test_a_bracket_is_the_merge_of_all_exposures(taken):
    values = (taken.ldr * 255).round().byte().numpy()
    expected = merge(values, list(EVS), inverse_response(values, list(EVS)))
    radiance = METHODS["debevec_all"].load().reconstruct(taken.ldr, EVS)
    np.testing.assert_array_equal(radiance[0].numpy(), expected)


def test_the_label_is_the_mean_of_the_supports_labels_whatever_the_exposure_is():
    labels = torch.stack([torch.full((3, 4, 4), value) for value in (0.2, 0.6)])
    adapted = METHODS["label"].load().adapt(torch.rand(2, 3, 4, 4), labels, [0.0, 2.0])
    torch.testing.assert_close(adapted.reconstruct(torch.rand(1, 3, 4, 4), [5.0]), torch.full((1, 3, 4, 4), 0.4))
