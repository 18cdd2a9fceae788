"""Imports go downward: rooms lie on floors, none imports from a higher one, and no module in a circle."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import metahdr

ROOT = Path(metahdr.__file__).parent
FLOORS = [
    "companions errors files locks seeds tables registry",
    "config images nets",
    "weights camera datasets metrics",
    "losses brackets workflow",
    "scenes",
    "training",
    "meta",
    "methods",
    "labels photographs",
    "evaluation",
    "report",
    "studies",
    "cli",
]


def imports() -> dict[str, set[str]]:
    """The modules of the library that each of its modules imports, also within functions."""
    files = {".".join(path.relative_to(ROOT.parent).with_suffix("").parts): path for path in ROOT.rglob("*.py")}
    files = {name.removesuffix(".__init__"): path for name, path in files.items()}
    found = {}
    for own, path in files.items():
        names = []
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names += [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{path}: relative import"
                names += [f"{node.module}.{alias.name}" for alias in node.names]
        modules = {name if name in files else name.rpartition(".")[0] for name in names}
        found[own] = {name for name in modules if name in files and name != "metahdr"} - {own}
    return found


def room(module: str) -> str:
    return module.split(".")[1]


def test_every_room_has_a_floor_and_imports_from_none_above_it():
    floor = {part: number for number, parts in enumerate(FLOORS) for part in parts.split()}
    there = {path.name.removesuffix(".py") for path in ROOT.iterdir() if path.suffix == ".py" or path.is_dir()}
    assert there - {"__init__", "__pycache__", "models"} == floor.keys()
    upward = [
        f"{own} imports {other}"
        for own, others in imports().items()
        for other in others
        if own != "metahdr" and floor[room(other)] > floor[room(own)]
    ]
    assert upward == []


def test_no_rooms_import_each_other_in_a_circle():
    below: dict[str, set[str]] = {}
    for own, others in imports().items():
        if own != "metahdr":
            below.setdefault(room(own), set()).update(room(other) for other in others if room(other) != room(own))
    TopologicalSorter(below).prepare()  # raises CycleError


def test_no_modules_import_each_other_in_a_circle():
    TopologicalSorter(imports()).prepare()  # raises CycleError


def test_the_root_holds_ten_modules_at_most():
    assert len(list(ROOT.glob("*.py"))) <= 10
