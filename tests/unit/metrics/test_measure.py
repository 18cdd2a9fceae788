import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from metahdr.config.photometry import Photometry
from metahdr.metrics.fidelity import PSNR
from metahdr.metrics.hdr import LINEAR_PSNR, LOG_RMSE
from metahdr.metrics.measure import measure
from metahdr.metrics.pu21 import PU21_PSNR, pu21
from metahdr.registry import METRICS


def table(*arguments) -> dict[tuple[str, str, str], float]:
    values = measure(*arguments)
    found = {tuple(value[:3]): value.value for value in values}
    assert len(found) == len(values)
    return found


@pytest.fixture
def scene(scenery):
    """Truth, float32 `(3, H, W)`, and an exposure whose left half is clipped."""
    truth = torch.from_numpy(scenery(0, 32, 48).transpose(2, 0, 1).copy())
    exposure = torch.full_like(truth, 0.5)
    exposure[1, :, :24] = 1.0
    return truth, exposure


def test_every_metric_has_a_value_in_each_of_its_alignments_and_regions(scene, alexnet):
    truth, exposure = scene
    metrics, weights = list(METRICS.values()), {"alexnet": alexnet}
    found = table(0.5 * truth.sqrt(), truth, exposure, metrics, Photometry(), weights)
    assert list(found) == [(m.name, a, r) for m in metrics for a in m.alignments for r in m.regions]
    assert all(math.isfinite(value) for value in found.values())


@pytest.mark.parametrize("make", [torch.zeros_like, torch.ones_like, lambda truth: truth * 1e30])
def test_black_constant_and_absurd_predictions_have_finite_values(scene, alexnet, make):
    truth, exposure = scene
    for true in (truth, torch.zeros_like(truth)):
        found = table(make(true), true, exposure, METRICS.values(), Photometry(), {"alexnet": alexnet})
        assert all(math.isfinite(value) for value in found.values())


def test_the_papers_metrics_are_of_values_clipped_at_1(scene):
    truth, exposure = scene
    truth = truth / truth.max() * 4
    prediction = truth * torch.from_numpy(np.random.default_rng(0).uniform(0.5, 2, truth.shape)).float()
    found = table(prediction, truth, exposure, [METRICS["ssim"], PSNR], Photometry(), {})
    clipped = [image.clamp(max=1).double().numpy() for image in (truth, prediction)]
    expected = peak_signal_noise_ratio(*clipped, data_range=1)
    assert found["psnr", "plain", "all"] == pytest.approx(expected)
    settings = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    expected = structural_similarity(*clipped, data_range=1, channel_axis=0, **settings)
    assert found["ssim", "plain", "all"] == pytest.approx(expected, abs=1e-6)


def test_linear_values_are_1_at_the_truths_percentile_and_light_is_1000_there(scene):
    _, exposure = scene
    truth, prediction = torch.full_like(exposure, 8.0), torch.full_like(exposure, 7.2)
    found = table(prediction, truth, exposure, [LINEAR_PSNR, PU21_PSNR], Photometry(), {})
    assert found["linear_psnr", "plain", "all"] == pytest.approx(20, abs=1e-4)  # a tenth
    error = (pu21(torch.tensor(1000.0)) - pu21(torch.tensor(900.0))).item()
    assert found["pu21_psnr", "plain", "all"] == pytest.approx(20 * math.log10(256 / error), abs=1e-3)


def test_regions_are_those_of_the_exposure_and_alignments_forgive_what_they_say(scene):
    truth, exposure = scene
    prediction = 2 * truth
    prediction[:, :, :24] *= 2
    found = table(prediction, truth, exposure, [LOG_RMSE], Photometry(percentile=50.0, luminance=1.0), {})
    expected = {
        ("plain", "all"): math.sqrt((4 + 1) / 2),
        ("plain", "clipped"): 2,
        ("plain", "unclipped"): 1,
        ("scale", "all"): math.sqrt(1 / 2),
        ("scale", "clipped"): 1,
        ("scale", "unclipped"): 0,
    }
    assert {key[1:]: value for key, value in found.items()} == pytest.approx(expected, abs=1e-5)


def test_an_empty_region_has_no_value(scene):
    truth, exposure = scene
    found = table(truth, truth, torch.full_like(exposure, 0.5), [PU21_PSNR], Photometry(), {})
    assert {region for (_, _, region), value in found.items() if math.isnan(value)} == {"clipped"}
    assert found["pu21_psnr", "plain", "all"] == 100


def test_a_metric_of_another_package_needs_no_more_than_prediction_and_truth(scene):
    truth, exposure = scene
    mine = replace(PSNR, name="mae", function=lambda p, t: (p - t).abs().mean((1, 2, 3)))
    (value,) = measure(truth + 0.1, truth, exposure, [replace(mine, domain="linear")], Photometry(), {})
    assert value[:3] == ("mae", "plain", "all") and value.value > 0


def test_the_clipped_region_may_be_given(scene):
    truth, exposure = scene
    lower = torch.zeros(32, 48, dtype=torch.bool)
    lower[16:] = True
    wrong = truth.clone()
    wrong[:, 16:] *= 2
    found = table(wrong, truth, exposure, [LOG_RMSE], Photometry(), {}, lower)
    assert found["log_rmse", "plain", "unclipped"] == 0
    assert found["log_rmse", "plain", "clipped"] == pytest.approx(1, abs=0.05), "one stop, but for the darkest"
