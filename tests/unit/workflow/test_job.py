import runpy
import shlex
import sys
from pathlib import Path

import pytest

from metahdr.config.score import Score
from metahdr.errors import UserError
from metahdr.workflow.job import check, flags, parameters

SCRIPT = """
from pathlib import Path

from metahdr.config.score import Score
from metahdr.workflow.script import run

given = {}


def main(
    name: str, paths: list[Path], settings: Score, table: dict, best_of: int, whole: bool, mirror: str = ""
) -> None:
    given.update(locals())


if __name__ == "__main__":
    run(main)
"""
VALUES = {
    "name": '--it\'s $(touch pwned) `a` "b"',
    "paths": ["my results/a.npy", "b;c", "it's"],
    "settings": Score(confidence=0.5),
    "table": {"hdr": "a b'c", "ldr": {"-2.0": "x"}},
    "best_of": 3,
    "whole": True,
    "mirror": "a\nb \\ {x}",
    "a mere dependency": ["c.npy"] * 1000,
}


@pytest.fixture
def script(tmp_path) -> Path:
    (tmp_path / "script.py").write_text(SCRIPT)
    return tmp_path / "script.py"


def test_a_script_gets_what_was_given_whatever_is_in_it(script, monkeypatch):
    text = flags(script, VALUES)
    monkeypatch.setattr(sys, "argv", [str(script), *shlex.split(text)])
    given = runpy.run_path(str(script), run_name="__main__")["given"]
    assert given == {
        **{name: value for name, value in VALUES.items() if name in given},
        "paths": [Path(path) for path in VALUES["paths"]],
    }
    assert len(given) == 7


def test_none_leaves_an_argument_out(script):
    assert "--mirror" in flags(script, VALUES)
    assert "--mirror" not in flags(script, VALUES | {"mirror": None})


def test_the_parameters_are_those_of_main_without_importing_it(script):
    script.write_text("import nothing_of_that_name\n" + SCRIPT)
    names = ["name", "paths", "settings", "table", "best_of", "whole"]
    assert parameters(script) == dict.fromkeys(names, True) | {"mirror": False}


def test_a_forgotten_argument_and_an_unknown_one_are_named(script):
    names = set(VALUES) - {"a mere dependency", "mirror"}
    check(script, names, [])
    check(script, names - {"name"}, ["name", "other"])
    with pytest.raises(UserError, match=r"script\.py needs table, best_of:"):
        check(script, names - {"table", "best_of"}, ["name"])
    with pytest.raises(UserError, match=r"script\.py takes no nam; it takes name, paths"):
        check(script, names | {"nam"}, [])
