"""Text is UTF-8 whatever the locale: every call that opens text says so.

Ruff's PLW1514 says it where it knows that something is a path; here it is said of every call by its name.
"""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from checkout import REPOSITORY

FILES = [
    path for room in ("src", "workflow", "tests", "benchmarks") for path in REPOSITORY.glob(f"{room}/**/*.py")
]
OTHERS = ("os", "Image", "tarfile", "member", "opener")  # whose `open` opens no text


def unsaid(tree: ast.AST) -> Iterator[ast.Call]:
    """The calls that leave an encoding to the locale."""
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name | ast.Attribute):
            continue
        given = {keyword.arg for keyword in call.keywords}
        if "text" in given or ("encoding" not in given and opens_text(call)):
            yield call


def opens_text(call: ast.Call) -> bool:
    if isinstance(call.func, ast.Name):
        return call.func.id == "open" and not is_binary(call.args[1:])
    match call.func.attr:
        case "read_text":
            return not call.args
        case "write_text":
            return len(call.args) == 1
        case "basicConfig":
            return "filename" in {keyword.arg for keyword in call.keywords}
        case "open":
            others = isinstance(call.func.value, ast.Name) and call.func.value.id in OTHERS
            return not others and not is_binary(call.args)
    return False


def is_binary(arguments: list[ast.expr]) -> bool:
    """Whether the mode is one of bytes; what is no mode, such as a member of an archive, opens bytes too."""
    mode = arguments[0] if arguments else ast.Constant("r")
    return not (isinstance(mode, ast.Constant) and isinstance(mode.value, str) and "b" not in mode.value)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_every_call_that_opens_text_says_how_it_is_encoded(path):
    assert [ast.unparse(call) for call in unsaid(ast.parse(path.read_bytes()))] == []


@pytest.mark.parametrize(
    "code",
    [
        "open(a)",
        "open(a, 'w')",
        "a.open()",
        "a.read_text()",
        "a.write_text(b)",
        "run(a, text=True)",
        "x.basicConfig(filename=a)",
    ],
)
def test_a_call_that_does_not_is_seen(code):
    assert len(list(unsaid(ast.parse(code)))) == 1


@pytest.mark.parametrize("code", ["open(a, 'rb')", "a.open(member)", "Image.open(a)", "a.write_text(b, c)"])
def test_a_call_that_opens_no_text_needs_none(code):
    assert list(unsaid(ast.parse(code))) == []


def test_text_beyond_ascii_is_written_in_a_locale_that_lacks_it(tmp_path):
    code = "from pathlib import Path; from metahdr.files import write_text; write_text(Path('a'), '\\u2265 1')"
    variables = os.environ | {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=variables, check=True)
    assert (tmp_path / "a").read_bytes() == "≥ 1".encode()
