"""What a configuration asks of its dataset that the dataset does not have is named with all other mistakes."""

import pytest
import yaml

from metahdr.config.check import load
from metahdr.datasets.fit import mistakes
from metahdr.errors import UserError
from metahdr.workflow.layout import Layout

UNKNOWN = "  data.dataset: 'nmae' is not in datasets.yaml; did you mean name?"
SPLIT = "  split.named: the dataset has no split 'pulbished'; did you mean published?"
EVS = "  expose.evs: -2, +0, +2 are wanted; no source brings more than 2 exposures"
SEED = "  seed: found -1; input should be greater than or equal to 0"


@pytest.fixture
def data(tmp_path, monkeypatch) -> dict:
    """Section `data`, of a bracket of two exposures with one named split."""
    entry = {key: "-" for key in ("title", "version", "licence", "citation", "homepage")}
    files = [{"name": f"oak/{ev}EV.jpg", "sha256": "0" * 64, "size": 1} for ev in (0, 2)]
    entry |= {"kind": "brackets", "splits": {"published": {"oak": "test"}}, "files": files}
    (tmp_path / "datasets.yaml").write_text(yaml.safe_dump({"name": entry}), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return {"register": "datasets.yaml", "dataset": "name"}


def refusal(call) -> list[str]:
    with pytest.raises(UserError) as error:
        call()
    return str(error.value).splitlines()


def test_a_misspelt_dataset_is_named_with_the_other_mistakes(data):
    wrong = {"seed": -1, "data": data | {"dataset": "nmae"}}
    assert refusal(lambda: load(wrong, mistakes)) == ["2 mistake(s) in the configuration:", SEED, UNKNOWN]


def test_what_the_dataset_does_not_have_is_named_with_the_other_mistakes(data):
    wrong = {"seed": -1, "data": data, "split": {"named": "pulbished"}}
    assert refusal(lambda: load(wrong, mistakes)) == ["3 mistake(s) in the configuration:", SEED, SPLIT, EVS]


def test_a_section_that_is_wrong_by_itself_asks_nothing(data):
    wrong = {"data": data, "split": {"named": "pulbished", "folds": [9]}, "expose": {"evs": [0.0]}}
    lines = refusal(lambda: load(wrong, mistakes))
    assert len(lines) == 3 and SPLIT not in lines and EVS not in lines
    assert len(refusal(lambda: load({"data": None}, mistakes))) == 2


def test_all_that_only_the_dataset_tells_is_named_at_once(data):
    config = load({"data": data, "split": {"named": "pulbished"}})
    assert refusal(lambda: Layout(config)) == ["2 mistake(s) in the configuration:", SPLIT, EVS]
