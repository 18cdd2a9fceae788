import pytest
import torch

from metahdr.nets.expandnet import ExpandNet, ExpandNetLabels


@pytest.fixture(scope="module")
def labels():
    torch.manual_seed(0)
    return ExpandNetLabels().eval()


def test_it_has_the_published_number_of_parameters():
    assert sum(parameter.numel() for parameter in ExpandNet().parameters()) == 456_899


def test_its_parameters_have_the_names_and_shapes_of_the_published_file():
    shapes = {name: tuple(value.shape) for name, value in ExpandNet().state_dict().items()}
    assert len(shapes) == 30
    assert shapes["local_net.1.0.weight"] == (128, 64, 3, 3)
    assert shapes["mid_net.3.weight"] == (64, 64, 3, 3)
    assert shapes["glob_net.6.weight"] == (64, 64, 4, 4)
    assert shapes["end_net.0.0.weight"] == (64, 256, 1, 1)
    assert shapes["end_net.1.weight"] == (3, 64, 1, 1)


def test_labels_are_the_output_times_one_factor_that_fits_what_is_known(labels):
    x = torch.rand(1, 3, 20, 24)
    x[..., :8] = 1
    with torch.inference_mode():
        label, relative = labels(x), labels.network(x)
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
