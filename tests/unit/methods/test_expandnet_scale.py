import pytest
import torch

from metahdr.methods.expandnet import ExpandNet, ExpandNetMinMax
from metahdr.nets.expandnet import ExpandNet as Network


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return Network().eval()


@pytest.fixture(scope="module")
def labels(network):
    """ExpandNet's labels in the exposure's own scale."""
    return lambda x: ExpandNet(network).reconstruct(x, [0.0] * len(x))


def test_labels_are_the_output_times_one_factor_that_fits_what_is_known(labels, network):
    x = torch.rand(1, 3, 20, 24)
    x[..., :8] = 1
    with torch.inference_mode():
        label, relative = labels(x), network(x)
    factor = (label / relative).flatten()
    torch.testing.assert_close(factor, factor[:1].expand_as(factor))
    known = (x > 0.05) & (x.amax(1, keepdim=True) < 0.95)
    assert torch.log(label[known] / x[known] ** 2).mean().abs() < 1e-4


@pytest.mark.parametrize(("value", "low", "high"), [(1.0, 1 - 1e-5, 1e4), (0.0, 0, 0)])
def test_an_image_that_says_nothing_about_the_scale_gets_a_label_too(labels, value, low, high):
    with torch.inference_mode():
        label = labels(torch.full((1, 3, 16, 16), value))
    assert torch.isfinite(label).all()
    assert low <= label.amax(1).min() and label.max() <= high


def test_images_of_a_batch_do_not_touch_each_other(labels):
    x = torch.rand(2, 3, 16, 16)
    with torch.inference_mode():
        torch.testing.assert_close(labels(x)[1:], labels(x[1:]))


def test_the_authors_min_max_is_a_method_of_its_own(network):
    """Its output is one factor times the network's, brought to [0, 1] but for the floor."""
    x = torch.rand(1, 3, 20, 24)
    with torch.inference_mode():
        relative = network(x)
        stretched = ((relative - relative.min()) / (relative.max() - relative.min())).clamp(min=1e-3)
        label = ExpandNetMinMax(network).reconstruct(x, [0.0])
    factor = (label / stretched).flatten()
    torch.testing.assert_close(factor, factor[:1].expand_as(factor))
    assert label.min() > 0


def test_a_uniform_image_survives_the_authors_min_max(network):
    assert torch.isfinite(ExpandNetMinMax(network).reconstruct(torch.full((1, 3, 16, 16), 0.5), [0.0])).all()
