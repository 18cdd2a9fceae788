"""The modules that a job imports by name, from the types of what it is given."""

import ast
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, get_args

from pydantic import BaseModel

from metahdr.registry import Registry

_TYPES = ("metahdr.registry", "metahdr.config")  # where the types of names and of sections stand


def named_modules(kind: Any, value: Any) -> set[str]:
    """The modules of the registered names in a value, by its type. Nothing registered is imported.

    A section of the configuration is walked by the types of its fields: `{meta.network: unet}` gives
    `metahdr.nets.unet`. What a type has no registry for, and what is no entry of it (`true` among label sources),
    gives nothing.
    """
    if isinstance(value, BaseModel):
        fields = type(value).model_fields
        return _union(named_modules(_kind(fields[name]), getattr(value, name)) for name in fields)
    if isinstance(value, dict):
        return _union(named_modules(kind, part) for item in value.items() for part in item)
    if isinstance(value, list | tuple):
        return _union(named_modules(kind, part) for part in value)
    if isinstance(value, str):
        return {registry.module(value) for registry in _registries(kind) if value in registry}
    return set()


@cache
def parsed(script: Path) -> tuple[ast.Module, ast.FunctionDef]:
    """The syntax tree of a script, and its `main`."""
    tree = ast.parse(script.read_text(encoding="utf-8"))
    return tree, next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "main")


@cache
def parameter_kinds(script: Path) -> dict[str, Any]:
    """The types of a script's parameters that stand in `metahdr.registry` or `metahdr.config`, by parameter.

    The script is read, not imported, because it imports torch.
    """
    tree, main = parsed(script)
    types = {
        alias.name: node.module
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module.startswith(_TYPES)
        for alias in node.names
    }
    kinds = {}
    for argument in main.args.args:
        names = {node.id for node in ast.walk(argument.annotation) if isinstance(node, ast.Name)}
        found = [getattr(import_module(types[name]), name) for name in sorted(names & types.keys())]
        if found:
            kinds[argument.arg] = tuple[*found]
    return kinds


def modules_of(script: Path, values: Mapping[str, Any]) -> set[str]:
    """As `named_modules`, of all that a script is given."""
    kinds = parameter_kinds(script)
    return _union(named_modules(kinds.get(name), value) for name, value in values.items())


def _union(parts: Any) -> set[str]:
    return set().union(*parts)


def _kind(field: Any) -> Any:
    return Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation


def _registries(kind: Any) -> set[Registry]:
    """The registries that stand anywhere in a type, and in the fields of the sections in it."""
    if isinstance(kind, Registry):
        return {kind}
    parts = [*get_args(kind), *getattr(kind, "__metadata__", ())]
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        parts += [_kind(field) for field in kind.model_fields.values()]
    return _union(map(_registries, parts))
