from importlib.metadata import EntryPoint

import pytest
import torch

from metahdr import registry
from metahdr.errors import UserError
from metahdr.registry import LAYOUTS, LOSSES, METHODS, METRICS, NETWORKS


@pytest.fixture
def installed(monkeypatch):
    """Lets entry points be those of installed packages."""

    def install(**places: str) -> None:
        points = [EntryPoint(name, place, "metahdr.losses") for name, place in places.items()]
        monkeypatch.setattr(registry, "entry_points", lambda group: points)
        registry._places.cache_clear()

    yield install
    registry._places.cache_clear()


@pytest.mark.parametrize(
    "entries", [METHODS, METRICS, LOSSES, NETWORKS, LAYOUTS], ids=lambda entries: entries.kind
)
def test_every_entry_is_there_under_its_own_name(entries):
    assert len(entries) >= 3
    for name, entry in entries.items():
        assert getattr(entry, "name", name) == name
        assert entries.module(name).startswith("metahdr.")


def test_an_installed_entry_is_one_of_them(installed):
    installed(l2="torch.nn.functional:mse_loss")
    assert list(LOSSES)[-1] == "l2"
    assert LOSSES["l2"](torch.tensor(1.0), torch.tensor(3.0)).item() == 4


def test_a_second_entry_of_one_name_is_refused(installed):
    installed(ir="mine:loss")
    with pytest.raises(UserError, match="ir: two losses have that name, metahdr.losses.hdrcnn:.* and mine:loss"):
        LOSSES["expandnet"]


@pytest.mark.parametrize("place", ["nowhere.loss:l2", "math:l2"])
def test_an_entry_that_cannot_be_imported_is_named(installed, place):
    installed(l2=place)
    with pytest.raises(UserError, match=f"l2, one of the losses: {place} cannot be imported"):
        LOSSES["l2"]


def test_an_unknown_name_is_answered_with_the_nearest(installed):
    with pytest.raises(UserError, match="expandnets: not one of the losses; did you mean expandnet"):
        LOSSES["expandnets"]
