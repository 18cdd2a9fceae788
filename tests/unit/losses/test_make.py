import pytest
import torch

from metahdr import registry
from metahdr.errors import UserError
from metahdr.losses.make import make_loss


def test_a_loss_gets_the_options_that_it_declares_and_no_others():
    prediction, label = torch.tensor([[1.0, 0, 0], [0, 1, 0]]).view(2, 1, 3, 1, 1)
    # l1 is 2/3, the cosine is 0
    assert make_loss("expandnet", loss_lambda=2.0, vgg16=None)(prediction, label).item() == pytest.approx(
        2 / 3 + 2
    )
    assert make_loss("mu_law", loss_lambda=2.0, vgg16=None)(prediction, label).item() == pytest.approx(2 / 3)


def test_a_loss_of_another_package_needs_no_options(tmp_path, monkeypatch):
    (tmp_path / "plugged.py").write_text(
        "def mse(prediction, label):\n    return (prediction - label).square().mean()\n", encoding="utf-8"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(registry, "_places", lambda kind: {"mse": "plugged:mse"})
    loss = make_loss("mse", loss_lambda=5.0, vgg16=None)
    assert loss(torch.full((1, 3, 2, 2), 3.0), torch.ones(1, 3, 2, 2)).item() == 4


def test_an_unknown_loss_is_refused_with_the_nearest_name():
    with pytest.raises(UserError, match="expandnets: not one of the losses; did you mean expandnet"):
        make_loss("expandnets")
