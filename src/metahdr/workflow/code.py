"""A digest of the code that a script runs; a stage runs again when it changes. The code is read, not imported."""

import ast
import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from metahdr.errors import UserError

_FOLDER = Path(__file__).parents[1]
_NOT_CODE = {"registry.yaml"}  # a new line in it changes no result


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
    try:
        tree = ast.parse(path.read_bytes(), path)
    except (SyntaxError, ValueError) as error:
        raise UserError(f"{path}: not Python: {error}") from None
    imports = list(_imports(tree, name if path.name == "__init__.py" else name.rpartition(".")[0]))
    texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    beside = {file.name: file for file in sorted(path.parent.iterdir()) if file.is_file()}
    data = [_sha256(file.read_bytes()) for text, file in beside.items() if text in texts - _NOT_CODE]
    code = ast.dump(_WithoutProse().visit(tree))
    return _sha256("\n".join([code, *data]).encode()), imports


def _imports(tree: ast.Module, package: str) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: package.count(".") + 2 - node.level] if node.level else []
            module = ".".join([*above, *([node.module] if node.module else [])])
            yield module
            for alias in node.names:
                # a package's * is what its __all__ names: here, every module in it
                yield from _modules(module) if alias.name == "*" else [f"{module}.{alias.name}"]


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
