"""A digest of the code that a script runs; a stage runs again when it changes. The code is read, not imported."""

import ast
import hashlib
import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from metahdr.errors import UserError
from metahdr.files import write_text

_FOLDER = Path(__file__).parents[1]
_NOT_CODE = {"registry.yaml"}  # a new line in it changes no result
_SNAKEMAKE = Path(".snakemake")


def digest(script: Path, modules: Iterable[str] = ()) -> str:
    """The SHA-256 of a script and of all modules that it imports, directly or not.

    Included are the modules of this package and of the top-level packages of `modules`, with the `__init__` of
    every package above them; other libraries are pinned by their versions. Imports inside functions are followed
    too. Comments, docstrings, formatting and the place of the checkout make no difference. A file beside a module,
    such as a template, is included byte for byte if a string in the module is its name.

    Args:
        script: the file that is run.
        modules: dotted names of further modules: those that the script imports by name when it runs, such as the
            registered entries that the configuration asks for.

    Raises:
        UserError: one of `modules` does not exist, or a file is not Python.
    """
    waiting = list(modules)
    if missing := [name for name in waiting if not _find(name)]:
        raise UserError(f"{', '.join(missing)}: no such module; it is registered for {script.name}")
    packages = {"metahdr", *(name.partition(".")[0] for name in waiting)}
    own, imports = _read(script, "")
    waiting += imports
    found: dict[str, str] = {}
    while waiting:
        name = waiting.pop()
        path = _find(name) if name.partition(".")[0] in packages else None
        if path is None or name in found:  # of a library, or a function of a module and no module
            continue
        found[name], imports = _read(path, name)
        waiting += [*imports, name.rpartition(".")[0]]
    return _sha256("\n".join([own, *(f"{name} {found[name]}" for name in sorted(found))]).encode())


@cache
def _find(name: str) -> Path | None:
    """The file of a module, or the folder of a package that has no `__init__`; None where there is none."""
    top, *below = name.split(".")
    if top == "metahdr":
        places = [_FOLDER]
    else:
        spec = find_spec(top) if top else None  # imports nothing, because the name is a top-level one
        if spec is None:
            return None
        if spec.submodule_search_locations is None:
            return Path(spec.origin) if spec.has_location and not below else None
        places = [Path(place) for place in spec.submodule_search_locations]
    for place in places:
        path = place.joinpath(*below)
        for file in (path / "__init__.py", path.with_name(f"{path.name}.py")):
            if file.is_file():
                return file
        if path.is_dir():
            return path
    return None


@cache
def _read(path: Path, name: str) -> tuple[str, list[str]]:
    """The digest of one module's code, and the names that it imports, dotted: modules, and what is in them."""
    if path.is_dir():
        return "", []
    code, names, texts = _parsed(path, name if path.name == "__init__.py" else name.rpartition(".")[0])
    imports = []
    for each in names:
        # a package's * is what its __all__ names: here, every module in it
        imports += _modules(each.removesuffix(".*")) if each.endswith(".*") else [each]
    beside = {file.name: file for file in sorted(path.parent.iterdir()) if file.is_file() and file.suffix != ".py"}
    data = [_sha256(file.read_bytes()) for text, file in beside.items() if text in set(texts) - _NOT_CODE]
    return _sha256("\n".join([code, *data]).encode()), imports


def _parsed(path: Path, package: str) -> tuple[str, list[str], list[str]]:
    """The digest of a file's syntax tree, what it imports, and its strings that may be names of files.

    Kept below `.snakemake`, by what is in the file: to parse all modules takes longer than the rest of a plan.
    """
    data = path.read_bytes()
    known = _SNAKEMAKE / "code" / f"{_sha256(b'|'.join([_salt(), package.encode(), data]))}.json"
    with suppress(OSError, ValueError):
        return tuple(json.loads(known.read_text(encoding="utf-8")))
    try:
        tree = ast.parse(data, path)
    except (SyntaxError, ValueError) as error:
        raise UserError(f"{path}: not Python: {error}") from None
    imports = list(_imports(tree, package))
    texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    files = sorted(text for text in texts if isinstance(text, str) and len(text) < 100)
    found = _sha256(ast.dump(_WithoutProse().visit(tree)).encode()), imports, files
    if _SNAKEMAKE.is_dir():
        with suppress(OSError):
            write_text(known, json.dumps(found))
    return found


@cache
def _salt() -> bytes:
    """What else decides over the tree's digest: this module, and Python, whose versions have other trees."""
    return sys.version.encode() + Path(__file__).read_bytes()


def _imports(tree: ast.Module, package: str) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: package.count(".") + 2 - node.level] if node.level else []
            module = ".".join([*above, *([node.module] if node.module else [])])
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def _modules(package: str) -> list[str]:
    path = _find(package)
    files = path.parent.glob("*.py") if path and path.name == "__init__.py" else []
    return [f"{package}.{file.stem}" for file in files]


class _WithoutProse(ast.NodeTransformer):
    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        is_text = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        return None if is_text else self.generic_visit(node)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
