"""The HDR-CNN that the project ships."""

import hashlib
import re

import pytest
import yaml

from metahdr.config.check import load
from metahdr.datasets.register import find_dataset, read_register
from metahdr.files import sha256
from metahdr.methods.hdrcnn import HDRCNN
from metahdr.scenes.split import split_places
from metahdr.weights.facts import read_facts
from metahdr.weights.hdrcnn import load_hdrcnn

DEFAULT = load({})


@pytest.fixture
def model():
    return HDRCNN.shipped


def stems(dataset):
    return {file.name.rsplit(".")[0]: file.sha256 for file in dataset.files}


def test_it_is_small_and_loads(model):
    assert model.stat().st_size <= 12_000_000
    assert load_hdrcnn(model).training is False


def test_it_saw_nothing_that_the_default_run_validates_or_tests_with(model, repository):
    path = repository / "config" / "datasets.yaml"
    split = split_places(
        sorted(set(find_dataset(path, "polyhaven-mini").places().values())), DEFAULT.split, DEFAULT.seed
    )
    kept = {place for place, part in split.items() if part != "train"}
    places = find_dataset(path, "polyhaven-1k").places()
    seen = {places[source] for source in read_facts(model)["trained_on"]}
    assert len(kept) == 7
    assert kept.isdisjoint(seen)


def test_what_it_was_trained_on_is_in_the_register_byte_for_byte(model, repository):
    registered = stems(read_register(repository / "config" / "datasets.yaml")["polyhaven-1k"])
    seen = read_facts(model)["trained_on"]
    assert {name: registered[name] for name in seen} == seen


def test_its_card_speaks_of_this_very_file_and_tells_the_recipe(model, repository):
    card, facts = model.with_suffix(".md").read_text(encoding="utf-8"), read_facts(model)
    assert sha256(model) in card and facts["commit"] in card
    recipe = yaml.safe_load((repository / "config" / "labels_study.yaml").read_text(encoding="utf-8"))["training"][
        "hdrcnn"
    ]
    for key, value in recipe.items():
        assert facts["settings"][key] == value
        assert re.search(rf"^    {key}: {value}$", card, re.MULTILINE)
    assert all(f"| {name} | `{digest}` |" in card for name, digest in facts["trained_on"].items())


def test_dvc_follows_its_bytes(model):
    (out,) = yaml.safe_load((model.parent / f"{model.name}.dvc").read_text(encoding="utf-8"))["outs"]
    assert out["md5"] == hashlib.md5(model.read_bytes()).hexdigest()
    assert out["cache"] is False  # git keeps the file itself
