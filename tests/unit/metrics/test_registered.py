import math

import pytest
import torch

from metahdr.metrics.fidelity import PSNR
from metahdr.metrics.hdr import LOG_RMSE, LOG_RMSE_CLIPPED
from metahdr.registry import METRICS


@pytest.mark.parametrize("name", METRICS)
def test_a_metric_calls_itself_what_the_registry_calls_it(name):
    assert METRICS[name].name == name


@pytest.mark.parametrize("name", METRICS)
def test_the_value_gets_better_towards_the_truth_and_stays_in_range(name):
    torch.manual_seed(0)
    metric, truth = METRICS[name], torch.rand(4, 3, 16, 16, dtype=torch.float64)
    clipped = torch.rand(4, 16, 16) < 0.5
    near, far = (
        metric((truth + noise * torch.randn_like(truth)).clip(0, 1), truth, clipped) for noise in (0.1, 1)
    )
    assert all(metric.improves(difference) for difference in near - far)
    for image in (torch.zeros_like(truth), torch.ones_like(truth)):
        worst = metric(image, 1 - image, clipped)
        for values in (near, far, worst):
            assert values.shape == (4,)
            assert ((metric.range[0] <= values) & (values <= metric.range[1])).all()


@pytest.mark.parametrize("name", METRICS)
def test_equal_images_have_the_best_value_of_the_range_and_it_is_finite(name):
    metric, image = METRICS[name], torch.rand(1, 3, 16, 16, dtype=torch.float64)
    value = metric(image, image, torch.ones(1, 16, 16, dtype=torch.bool)).item()
    assert value == pytest.approx(metric.range[metric.better == "higher"])
    assert math.isfinite(value)


def test_only_a_metric_of_the_clipped_region_looks_at_the_mask():
    truth = torch.full((2, 3, 2, 2), 0.5)
    prediction = truth * torch.tensor([[1.0, 2.0], [1.0, 1.0]])
    clipped = torch.tensor([[[False, True], [False, False]], [[False, False], [False, False]]])
    assert LOG_RMSE(prediction, truth, clipped).tolist() == pytest.approx([0.5, 0.5])
    clipped_only = LOG_RMSE_CLIPPED(prediction, truth, clipped)
    assert clipped_only[0] == 1 and math.isnan(clipped_only[1])


def test_lower_is_better_where_the_metric_says_so():
    assert PSNR.improves(0.1) and not PSNR.improves(-0.1) and not PSNR.improves(0)
    assert LOG_RMSE.improves(-0.1) and not LOG_RMSE.improves(0.1) and not LOG_RMSE.improves(0)


def test_a_heading_is_the_title_with_its_unit_if_there_is_one():
    assert PSNR.heading == "PSNR / dB"
    assert METRICS["ssim"].heading == "SSIM"
