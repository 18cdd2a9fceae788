import csv
import os

import pytest

from metahdr.datasets.register import Dataset
from metahdr.datasets.verify import verify
from metahdr.files import sha256
from metahdr.workflow.status import status

NAMES = ("a.hdr", "b/c.hdr")


@pytest.fixture
def folder(tmp_path):
    for name in NAMES:
        (tmp_path / "mine" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "mine" / name).write_bytes(name.encode())
    return tmp_path / "mine"


@pytest.fixture
def dataset(folder):
    facts = {"title": "", "version": "1", "licence": "", "citation": "", "homepage": "", "kind": "panoramas"}
    files = [{"name": name, "sha256": sha256(folder / name), "size": len(name)} for name in NAMES]
    return Dataset.model_validate(facts | {"files": files})


def test_files_as_registered_are_right_and_it_is_said_since_when_that_is_known(dataset, folder, tmp_path):
    state = verify(dataset, folder, tmp_path / "known.csv")
    assert (state.there, state.wrong) == (2, [])
    assert state.when.startswith("20")


def test_files_that_are_missing_or_changed_are_named(dataset, folder, tmp_path):
    (folder / "a.hdr").unlink()
    (folder / "b/c.hdr").write_bytes(b"another")
    state = verify(dataset, folder, tmp_path / "known.csv")
    assert state.there == 1
    missing, changed = state.wrong
    assert missing == "a.hdr: missing"
    assert changed.startswith("b/c.hdr: expected 7 bytes, ") and "; found 7 bytes, " in changed


def test_a_dataset_that_is_not_here_has_nothing_wrong(dataset, tmp_path):
    assert verify(dataset, tmp_path / "nowhere", tmp_path / "known.csv") == (0, [], "", [])
    assert not (tmp_path / "known.csv").exists()


def test_a_file_is_hashed_again_when_its_size_or_time_changed_and_only_then(dataset, folder, tmp_path):
    known, path = tmp_path / "known.csv", folder / "a.hdr"
    verify(dataset, folder, known)
    with known.open(newline="", encoding="utf-8") as table:
        rows = list(csv.DictReader(table))
    with known.open("w", newline="", encoding="utf-8") as table:
        writer = csv.DictWriter(table, rows[0])
        writer.writeheader()
        writer.writerows(row | {"when": "2001-01-01 00:00:00"} for row in rows)
    assert verify(dataset, folder, known).when == "2001-01-01 00:00:00"

    stat = path.stat()
    path.write_bytes(b"A.hdr")
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1))
    assert len(verify(dataset, folder, known).wrong) == 1
    path.write_bytes(b"a.hdr")
    assert verify(dataset, folder, known).wrong == []
    with known.open(newline="", encoding="utf-8") as table:
        times = {row["name"]: row["when"] for row in csv.DictReader(table)}
    assert times["a.hdr"] > times["b/c.hdr"] == "2001-01-01 00:00:00"


def test_data_beyond_the_register_is_named_and_what_systems_leave_is_not(dataset, folder, tmp_path):
    for name in ("b/new.exr", "exposures.csv", "readme.txt", "._a.hdr", ".locks/a.hdr"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).touch()
    state = verify(dataset, folder, tmp_path / "known.csv")
    assert (state.there, state.wrong, state.beyond) == (2, [], ["b/new.exr", "exposures.csv"])
    _, lines = status("mine", dataset, tmp_path, [])
    assert lines == [f"{name}: not registered; no run reads it" for name in state.beyond]
