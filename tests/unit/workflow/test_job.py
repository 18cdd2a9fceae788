import runpy
import shlex
import sys
from pathlib import Path

import pytest

from metahdr.config.meta import Meta
from metahdr.config.model import Config
from metahdr.config.score import Score
from metahdr.errors import UserError
from metahdr.workflow.job import Call, flags, parameters, places, short

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
    (tmp_path / "script.py").write_text(SCRIPT, encoding="utf-8")
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
    script.write_text("import nothing_of_that_name\n" + SCRIPT, encoding="utf-8")
    names = ["name", "paths", "settings", "table", "best_of", "whole"]
    assert parameters(script) == dict.fromkeys(names, True) | {"mirror": False}


def test_a_forgotten_argument_and_an_unknown_one_are_named(script):
    names = set(VALUES) - {"a mere dependency", "mirror"}

    def check(names, files):
        Call(script, dict.fromkeys(names)).check(files)

    check(names, [])
    check(names - {"name"}, ["name", "other"])
    with pytest.raises(UserError, match=r"script\.py needs table, best_of:"):
        check(names - {"table", "best_of"}, ["name"])
    with pytest.raises(UserError, match=r"script\.py takes no nam; it takes name, paths"):
        check(names | {"nam"}, [])


class Files(dict):
    """A job's inputs or outputs, some with a name."""


def test_files_stand_in_the_command_and_not_in_what_is_compared(script):
    call = Call(script, {"name": lambda w: w["chunk"], "best_of": 3})
    line = call.line({"chunk": "c7"}, Files(paths=["in.npy"], other="x"), Files(table={"a": 1}))
    assert shlex.split(line.replace("$SCRIPTS", "s")) == [
        *("s/script.py", "--name=c7", "--paths", "in.npy", '--table={"a": 1}', "--best-of=3")
    ]
    compared = call.compared()
    assert {name: value({"chunk": "c7"}) for name, value in compared.items() if name != "code"} == {
        "name": "name c7",
        "best_of": "best_of 3",
    }
    assert compared["name"]({"chunk": "c8"}) == "name c8"


def test_where_something_lies_is_not_compared(script):
    script.write_text(SCRIPT.replace("mirror: str", "mirror: Address"), encoding="utf-8")
    assert places(script) == {"paths", "mirror"}
    assert Call(script, VALUES).compared().keys() == {"code", "name", "settings", "table", "best_of", "whole"} | {
        "a mere dependency"
    }


def test_of_a_section_the_changed_keys_are_compared_and_of_a_long_value_its_digest():
    assert short("settings", Score()) == "settings at its defaults"
    assert short("settings", Score(confidence=0.5)) == "settings confidence=0.5"
    assert short("settings", Meta(save_every=3, vgg16="a.pth", inner_lr=0.5)) == "settings inner_lr=0.5"
    assert short("config", Config(data={"raw": "/elsewhere", "mirror": "m"})) == short("config", Config())
    first, second = (short("places", [text * 400]) for text in "ab")
    assert first != second and len(first) < 80


def test_what_is_compared_changes_with_the_code_that_the_values_name_unless_it_is_not_followed(script, tmp_path):
    script.write_text(
        SCRIPT.replace("name: str", "name: MetricName").replace(
            "from metahdr.workflow", "from metahdr.registry import MetricName\nfrom metahdr.workflow"
        ),
        encoding="utf-8",
    )
    codes = {name: Call(script, {"name": name}).code(None) for name in ("psnr", "ssim", "cvvdp")}
    assert codes["psnr"] == codes["ssim"] != codes["cvvdp"], "two metrics of one module, and one of another"
    assert Call(script, {"name": "psnr"}).compared()["code"](None) == f"code {codes['psnr']}"
    assert "code" not in Call(script, {"name": "psnr"}, follows_code=False).compared()


def test_a_script_that_asks_for_the_digest_of_its_code_gets_it(script):
    script.write_text(SCRIPT.replace("best_of: int", "code: str"), encoding="utf-8")
    call = Call(script, {"name": "a"})
    call.check(["paths", "settings", "table", "whole"])
    assert f"--code={call.code(None)}" in call.line(None, Files(), Files())
