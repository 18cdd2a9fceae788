"""Null takes away what another file has, in every mapping that files laid over each other fill."""

import pytest
import yaml

from metahdr.config.check import read_files
from metahdr.errors import UserError


def laid_over(tmp_path, *texts: str):
    files = [tmp_path / f"{number}.yaml" for number in range(len(texts))]
    for file, text in zip(files, texts, strict=True):
        file.write_text(text, encoding="utf-8")
    return read_files(files)


def test_a_variant_and_a_fixed_place_are_taken_away_by_null(tmp_path):
    first = "meta: {variants: {a: {seeds: [0]}, b: {seeds: [1]}}}\nsplit: {fixed: {x: test, y: train}}\n"
    config = laid_over(tmp_path, first, "meta: {variants: {a: null}}\nsplit: {fixed: {y: null}}\n")
    assert list(config.variants()) == ["metahdr", "b"]
    assert config.split.fixed == {"x": "test"}


def test_what_was_taken_away_is_not_in_the_effective_configuration(tmp_path):
    config = laid_over(tmp_path, "meta: {variants: {joint: null}}\n")
    assert yaml.safe_load(config.model_dump_json())["meta"]["variants"] == {}


def test_a_misspelt_key_of_a_variant_is_named_with_the_nearest_known_one(tmp_path):
    with pytest.raises(UserError, match=r"meta.variants.joint.sed: unknown key; did you mean seeds\?"):
        laid_over(tmp_path, "meta: {variants: {joint: {sed: [0]}}}\n")
