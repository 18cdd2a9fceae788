import math

import pytest
import torch

from metahdr.config.photometry import Photometry
from metahdr.datasets.register import read_weights_register
from metahdr.metrics.fidelity import PSNR
from metahdr.metrics.hdr import LOG_RMSE
from metahdr.metrics.metric import ALIGNMENTS, REGIONS
from metahdr.registry import METRICS


@pytest.fixture(scope="module")
def values_of(alexnet):
    """A metric of images of values around 1, of light around 100 cd/m^2 if it takes that, `(N,)`."""

    def values(metric, prediction, truth):
        light = 100 if metric.domain == "luminance" else 1
        pairs = zip(light * prediction, light * truth, strict=True)
        more = {"photometry": Photometry(), "weights": alexnet}
        return torch.cat([metric(p[None], t[None], mask=None, **more) for p, t in pairs])

    return values


@pytest.mark.parametrize("name", METRICS)
def test_a_metric_calls_itself_what_the_registry_calls_it(name):
    assert METRICS[name].name == name


@pytest.mark.parametrize("name", METRICS)
def test_alignments_and_regions_are_known_ones_in_their_order(name):
    for given, known in ((METRICS[name].alignments, ALIGNMENTS), (METRICS[name].regions, REGIONS)):
        assert given and list(given) == [entry for entry in known if entry in given]


@pytest.mark.parametrize("name", METRICS)
@torch.inference_mode()
def test_the_value_gets_better_towards_the_truth_and_stays_in_range(name, values_of):
    torch.manual_seed(0)
    metric, truth = METRICS[name], torch.rand(2, 3, 32, 32, dtype=torch.float64)
    near, far = (
        values_of(metric, (truth + noise * torch.randn_like(truth)).clip(0, 1), truth) for noise in (0.1, 1)
    )
    assert all(metric.improves(difference) for difference in near - far)
    for image in (torch.zeros_like(truth), torch.ones_like(truth)):
        worst = values_of(metric, image, 1 - image)
        for values in (near, far, worst):
            assert values.shape == (2,)
            assert ((metric.range[0] <= values) & (values <= metric.range[1])).all()


@pytest.mark.parametrize("name", METRICS)
@torch.inference_mode()
def test_equal_images_have_the_best_value_of_the_range_and_it_is_finite(name, values_of):
    metric = METRICS[name]
    torch.manual_seed(0)
    for image in (torch.rand(1, 3, 32, 32, dtype=torch.float64), torch.zeros(1, 3, 32, 32, dtype=torch.float64)):
        value = values_of(metric, image, image).item()
        assert value == pytest.approx(metric.range[metric.better == "higher"])
        assert math.isfinite(value)


def test_lower_is_better_where_the_metric_says_so():
    assert PSNR.improves(0.1) and not PSNR.improves(-0.1) and not PSNR.improves(0)
    assert LOG_RMSE.improves(-0.1) and not LOG_RMSE.improves(0.1) and not LOG_RMSE.improves(0)


def test_a_heading_is_the_title_with_its_unit_if_there_is_one():
    assert PSNR.heading == "PSNR / dB"
    assert METRICS["ssim"].heading == "SSIM"


@pytest.mark.parametrize("name", METRICS)
def test_a_metrics_weight_file_is_registered_as_needed_by_it(name, repository):
    register = read_weights_register(repository / "config" / "weights.yaml")
    needed = [file for file, entry in register.items() if name in entry.metrics]
    assert needed == ([METRICS[name].weights] if METRICS[name].weights else [])
