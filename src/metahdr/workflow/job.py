"""The command line of a workflow script, written from the parameters of its `main`; `script.run` reads it."""

import ast
import json
import shlex
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from metahdr.errors import UserError


@cache
def parameters(script: Path) -> dict[str, bool]:
    """The parameters of a script's `main` by name: whether each must be given. Nothing is imported."""
    tree = ast.parse(script.read_text())
    main = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "main")
    names = [argument.arg for argument in main.args.args]
    required = len(names) - len(main.args.defaults)
    return {name: index < required for index, name in enumerate(names)}


def check(script: Path, values: Iterable[str], files: Iterable[str]) -> None:
    """Checks what a rule gives to a script.

    Args:
        script: the file, with a function `main`.
        values: names of the values that the rule gives.
        files: names of the rule's inputs and outputs, which it takes where it has parameters of these names.

    Raises:
        UserError: `main` has no parameter of the name of a value, or lacks one that it needs.
    """
    known, values = parameters(script), set(values)
    missing = [name for name, required in known.items() if required and name not in values.union(files)]
    if missing:
        raise UserError(f"{script.name} needs {', '.join(missing)}: name it in the rule's output, input or values")
    if unknown := sorted(values - known.keys()):
        raise UserError(f"{script.name} takes no {', '.join(unknown)}; it takes {', '.join(known)}")


def flags(script: Path, values: Mapping[str, Any]) -> str:
    """Arguments of a script, quoted for the shell: those of `values` that its `main` has a parameter for.

    A list gives several words; a section of the configuration and a dict give their JSON; None gives nothing, and
    neither does an empty list for a parameter with a default.
    """
    given = {
        name: values[name]
        for name, required in parameters(script).items()
        if values.get(name) is not None and (required or values[name] != [])
    }
    return " ".join(f"--{name.replace('_', '-')}{_words(value)}" for name, value in given.items())


def _words(value: Any) -> str:
    if isinstance(value, list):
        return "".join(f" {shlex.quote(_text(item))}" for item in value)
    return f"={shlex.quote(_text(value))}"  # with "=", it may begin with a dash


def _text(value: Any) -> str:
    if isinstance(value, BaseModel):
        return value.model_dump_json(by_alias=True)
    return json.dumps(value) if isinstance(value, dict | bool) else str(value)
