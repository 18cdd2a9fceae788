"""Which version of a dataset is here, by the register and by DVC's files, and what differs."""

import json
import subprocess
import sys
from pathlib import Path

import yaml

from metahdr.datasets.register import Dataset
from metahdr.datasets.verify import State, verify
from metahdr.errors import UserError


def status(name: str, dataset: Dataset, raw: Path, changed: list[str]) -> tuple[str, list[str]]:
    """What is here of a dataset, as a line, and a line for each thing that differs.

    Args:
        raw: the folder of all datasets.
        changed: what `changed_since_dvc_add` found of this one.
    """
    state = verify(dataset, raw / name, raw / ".verified" / f"{name}.csv")
    differing = state.wrong + [f"{each}: not registered; no run reads it" for each in state.beyond] + changed
    if not (file := raw / f"{name}.dvc").exists():
        tracked = "not tracked"
    elif not state.there:
        tracked = "tracked, not here"
        differing += _other_totals(file, dataset)
    else:
        tracked = "differs" if changed else "agrees"
    return f"{name}, version {dataset.version}: {_line(dataset, state)}; DVC: {tracked}", differing


def _line(dataset: Dataset, state: State) -> str:
    if not dataset.files:
        return "not fetched, its files are not known yet"
    size = sum(file.size for file in dataset.files) / 1e6
    registered = f"{len(dataset.files)} files, {size:.0f} MB"
    if not state.there:
        return f"{registered}; not here"
    found = f"{len(state.wrong)} differ" if state.wrong else "all as registered"
    return f"{registered}; {found}, verified {state.when} UTC"


def changed_since_dvc_add(folders: list[Path]) -> dict[str, list[str]]:
    """A line for each file of the tracked folders that are here, by dataset, that is not as `dvc add` found it."""
    here = [folder for folder in folders if folder.exists() and folder.with_name(f"{folder.name}.dvc").exists()]
    if not here:
        return {}
    command = [sys.executable, "-m", "dvc", "data", "status", "--json", "--granular", *map(str, here)]
    result = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace")
    if result.returncode:
        raise UserError(f"dvc data status: {result.stderr.strip()}")
    found = json.loads(result.stdout).get("uncommitted", {})
    lines = {}
    for folder in here:
        paths = {path: state for state in found for path in found[state] if Path(path).is_relative_to(folder)}
        files = {path: state for path, state in paths.items() if Path(path) != folder and state != "unknown"}
        # Without its own copy DVC knows of the whole folder alone that it changed.
        if named := files or {path: state for path, state in paths.items() if Path(path) == folder}:
            lines[folder.name] = [
                f"{Path(path).relative_to(folder)}: {state} since dvc add" for path, state in sorted(named.items())
            ]
    return lines


def _other_totals(file: Path, dataset: Dataset) -> list[str]:
    """What can be compared of a dataset that is not here: the number of its files and of their bytes."""
    (out,) = yaml.safe_load(file.read_text(encoding="utf-8"))["outs"]
    found, expected = (out["nfiles"], out["size"]), (len(dataset.files), sum(each.size for each in dataset.files))
    if found == expected or not dataset.files:
        return []
    return [f"{file}: {found[0]} files, {found[1]} bytes; registered are {expected[0]} files, {expected[1]} bytes"]
