"""Whether the files of a dataset on the disk are the registered ones, and since when that is known."""

import csv
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from tqdm import tqdm

from metahdr.datasets.register import Dataset, data_files
from metahdr.files import atomic_write, sha256

_COLUMNS = ("name", "size", "mtime_ns", "sha256", "when")


class State(NamedTuple):
    """What was found of a dataset's files.

    Attributes:
        there: how many of the registered files lie in the folder.
        wrong: a line for each that is missing or changed; empty where none is there at all.
        when: the oldest time, in UTC, at which one of the files was last hashed; empty where none is there.
        beyond: names of data files in the folder that are not registered; no run reads them.
    """

    there: int
    wrong: list[str]
    when: str
    beyond: list[str]


def verify(dataset: Dataset, folder: Path, known: Path) -> State:
    """Compares the files in a folder with the register.

    A file is hashed again only when its size or its time of change differs from when it was hashed last.

    Args:
        known: table of what was hashed when; it is read and written.
    """
    before = {}
    if known.exists():
        with known.open(newline="", encoding="utf-8") as rows:
            before = {row["name"]: row for row in csv.DictReader(rows)}
    paths = {file.name: folder / file.name for file in dataset.files}
    there = {name: path for name, path in paths.items() if path.is_file()}
    rows = {}
    for name, path in tqdm(there.items(), desc=folder.name, unit="file", disable=None, leave=False):
        stat = path.stat()
        row = before.get(name, {})
        if (row.get("size"), row.get("mtime_ns")) != (str(stat.st_size), str(stat.st_mtime_ns)):
            when = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")
            facts = (name, str(stat.st_size), str(stat.st_mtime_ns), sha256(path), when)
            row = dict(zip(_COLUMNS, facts, strict=True))
        rows[name] = row
    if rows:
        with atomic_write(known) as part, part.open("w", newline="", encoding="utf-8") as out:
            writer = csv.DictWriter(out, _COLUMNS)
            writer.writeheader()
            writer.writerows(rows.values())
    wrong = []
    for file in dataset.files if rows else []:
        row = rows.get(file.name)
        if row is None:
            wrong.append(f"{file.name}: missing")
        elif (row["sha256"], row["size"]) != (file.sha256, str(file.size)):
            wrong.append(
                f"{file.name}: expected {file.size} bytes, {file.sha256[:12]}…; found {row['size']} bytes, "
                f"{row['sha256'][:12]}…"
            )
    beyond = [name for name in data_files(folder) if name not in paths] if dataset.files else []
    return State(len(rows), wrong, min((row["when"] for row in rows.values()), default=""), beyond)
