"""YAML that people write: no key is lost without a word, and values are what YAML says."""

import pytest

from metahdr.config.check import read_files
from metahdr.config.document import read_yaml, resolved
from metahdr.datasets.register import read_register
from metahdr.errors import UserError

TWICE = "meta:\n  seeds: [0]\nscore: {}\nmeta:\n  seeds: [1]\n"


@pytest.mark.parametrize("read", [read_yaml, lambda path: read_files([path]), read_register])
def test_a_key_that_stands_twice_is_refused_with_both_lines(tmp_path, read):
    path = tmp_path / "twice.yaml"
    path.write_text(TWICE, encoding="utf-8")
    with pytest.raises(UserError, match=r"twice.yaml: 'meta' stands twice, in line 1 and in line 4; keep one"):
        read(path)


def test_so_is_one_inside_a_section(tmp_path):
    path = tmp_path / "twice.yaml"
    path.write_text("meta:\n  inner_lr: 0.1\n  seeds: [0]\n  inner_lr: 0.2\n", encoding="utf-8")
    with pytest.raises(UserError, match="'inner_lr' stands twice, in line 2 and in line 4"):
        read_yaml(path)


def test_a_key_may_come_before_that_of_a_merged_mapping(tmp_path):
    path = tmp_path / "merged.yaml"
    path.write_text("a: &a {x: 1, y: 2}\nb:\n  <<: *a\n  x: 3\n", encoding="utf-8")
    assert read_yaml(path)["b"] == {"x": 3, "y": 2}


def test_nested_values_of_the_command_line_are_what_yaml_says():
    given = {
        "iterations": "3",
        "inner_lr": "0.5",
        "variants": {"joint": "null"},
        "seeds": ["0", "1"],
        "loss": "lpips",
    }
    expected = {"iterations": 3, "inner_lr": 0.5, "variants": {"joint": None}, "seeds": [0, 1], "loss": "lpips"}
    assert resolved(given) == expected
