"""Imports go downward: the library's packages lie on floors, and none imports from a higher one or in a circle."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import metahdr

ROOT = Path(metahdr.__file__).parent
FLOORS = [
    "errors files seeds tables git gpus primaries torchvision_cpu",
    "registry",
    "config",
    "images exr exif tonemap panorama align duplicates camera datasets prepare scenes moving protocols",
    "nets weights metrics losses training workflow",
    "meta methods labels",
    "evaluation photographs",
    "report",
    "cli script command code",
]


def imports() -> set[tuple[str, str]]:
    """Pairs of parts of the library, of which the first imports the second, also within functions."""
    found = set()
    for path in ROOT.rglob("*.py"):
        own = path.relative_to(ROOT).parts[0].removesuffix(".py")
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{path}: relative import"
                names = [f"{node.module}.{name}" for name in names]
            parts = [name.split(".")[1] for name in names if name.startswith("metahdr.")]
            found |= {(own, part) for part in parts if part != own}
    return found


def test_every_part_has_a_floor_and_imports_from_none_above_it():
    floor = {part: number for number, parts in enumerate(FLOORS) for part in parts.split()}
    there = {path.name.removesuffix(".py") for path in ROOT.iterdir() if path.suffix == ".py" or path.is_dir()}
    assert there - {"__init__", "__pycache__", "models"} == floor.keys()
    assert [f"{a} imports {b}" for a, b in sorted(imports()) if floor[b] > floor[a]] == []


def test_no_parts_import_each_other_in_a_circle():
    below: dict[str, set[str]] = {}
    for a, b in imports():
        below.setdefault(a, set()).add(b)
    TopologicalSorter(below).prepare()  # raises CycleError
