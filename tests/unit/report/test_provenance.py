import subprocess

import numpy as np
import pytest

from metahdr.report.provenance import provenance


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    def git(*words: str) -> str:
        identity = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
        done = subprocess.run(["git", *identity, *words], check=True, capture_output=True, text=True)
        return done.stdout.strip()

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    (tmp_path / "file").write_text("one")
    return git


def test_the_commit_and_whether_it_was_changed_are_recorded(checkout, tmp_path):
    assert provenance(tmp_path)["commit"] == "unknown: not a git checkout"
    checkout("init", "-q")
    checkout("add", "file")
    checkout("commit", "-qm", "one")
    origin = provenance(tmp_path)
    assert origin["commit"] == checkout("rev-parse", "HEAD")
    assert origin["uncommitted changes"] is False
    (tmp_path / "file").write_text("two")
    assert provenance(tmp_path)["uncommitted changes"] is True


def test_libraries_and_the_seconds_of_each_stage_are_recorded(tmp_path):
    (tmp_path / "label.tsv").write_text("s\th:m:s\n12.3456\t0:00:12\n")
    origin = provenance(tmp_path)
    assert origin["seconds"] == {"label": 12.3}
    assert origin["libraries"]["numpy"] == np.__version__
