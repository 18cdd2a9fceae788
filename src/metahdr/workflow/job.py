"""The command of a job: a script with what its rule gives it; `workflow.script` reads the command line."""

import ast
import json
import shlex
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from metahdr.config.base import Section
from metahdr.errors import UserError
from metahdr.workflow.code import digest
from metahdr.workflow.modules import modules_of, parsed

MOST_SHOWN = 300  # characters of a value


@dataclass(frozen=True)
class Call:
    """A script and the values that its rule gives it.

    A parameter of the script's `main` takes the value of its name; where there is none, the rule's input or output
    of its name. Other inputs are dependencies alone.

    Attributes:
        script: the file.
        values: by parameter. One may be a function of the wildcards; None leaves the argument out.
        follows_code: whether the job runs again when the code that it runs changes. A parameter `code` of `main`
            then gets the digest of that code.
    """

    script: Path
    values: Mapping[str, Any]
    follows_code: bool = True

    def compared(self) -> dict[str, Callable[[Any], str]]:
        """What Snakemake compares with the last run: the digest of the code, and each value with its name, short.

        Snakemake names those that differ. Where something lies is left out: a moved file changes no result.
        """
        there = [name for name in self.values if name not in places(self.script)]
        code = {"code": lambda wildcards: f"code {self.code(wildcards)}"} if self.follows_code else {}
        return code | {name: partial(self._compared, name) for name in there}

    def _compared(self, name: str, wildcards: Any) -> str:
        value = self.values[name]
        return short(name, value(wildcards) if callable(value) else value)

    def line(self, wildcards: Any, input: Any, output: Any) -> str:
        """Script and arguments, quoted for the shell; SCRIPTS is the folder of the scripts."""
        files = dict(input.items()) | dict(output.items())
        return f'"$SCRIPTS/{self.script.name}" {flags(self.script, files | self._given(wildcards))}'

    def code(self, wildcards: Any) -> str:
        """The digest of the script, and of all modules that it imports, also by names among the values."""
        return _digest(self.script, frozenset(modules_of(self.script, self._values(wildcards))))

    def check(self, files: Iterable[str]) -> None:
        """Checks the names of the values.

        Args:
            files: names of the rule's inputs and outputs.

        Raises:
            UserError: `main` has no parameter of a value's name, or lacks one that it needs.
        """
        known = parameters(self.script)
        there = {*self.values, *files, *(["code"] if self.follows_code else [])}
        missing = [name for name, required in known.items() if required and name not in there]
        if missing:
            raise UserError(
                f"{self.script.name} needs {', '.join(missing)}: name it in the rule's output, input or values"
            )
        if unknown := sorted(self.values.keys() - known.keys()):
            raise UserError(f"{self.script.name} takes no {', '.join(unknown)}; it takes {', '.join(known)}")

    def _values(self, wildcards: Any) -> dict[str, Any]:
        return {name: value(wildcards) if callable(value) else value for name, value in self.values.items()}

    def _given(self, wildcards: Any) -> dict[str, Any]:
        needs_code = self.follows_code and "code" in parameters(self.script)
        return self._values(wildcards) | ({"code": self.code(wildcards)} if needs_code else {})


# Most jobs of a rule name the same modules; the files are read once in a process, too (`code`).
_digest = cache(digest)


@cache
def parameters(script: Path) -> dict[str, bool]:
    """The parameters of a script's `main` by name: whether each must be given. Nothing is imported."""
    _, main = parsed(script)
    names = [argument.arg for argument in main.args.args]
    required = len(names) - len(main.args.defaults)
    return {name: index < required for index, name in enumerate(names)}


@cache
def places(script: Path) -> set[str]:
    """The parameters of a script's `main` that say where something lies: those with a `Path` or an `Address`."""
    _, main = parsed(script)
    return {
        argument.arg
        for argument in main.args.args
        if {"Path", "Address"} & {node.id for node in ast.walk(argument.annotation) if isinstance(node, ast.Name)}
    }


def short(name: str, value: Any) -> str:
    """A value with its name, as Snakemake shows it; of a section what is `compared`.

    What stays long counts by its digest.
    """
    if isinstance(value, Section):
        text = " ".join(f"{key}={json.dumps(item)}" for key, item in value.compared.items()) or "at its defaults"
    else:
        text = value if isinstance(value, str) else json.dumps(value, default=str)
    return f"{name} {text if len(text) <= MOST_SHOWN else sha256(text.encode()).hexdigest()}"


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
