import platform
import subprocess
import sys

import numpy as np
import pytest

from metahdr.workflow.origin import made_here


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    def git(*words: str) -> str:
        identity = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
        done = subprocess.run(["git", *identity, *words], check=True, capture_output=True, encoding="utf-8")
        return done.stdout.strip()

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    (tmp_path / "file").write_text("one", encoding="utf-8")
    return git


def test_the_commit_and_whether_it_was_changed_are_recorded(checkout, tmp_path):
    assert made_here()["commit"] == "unknown: not a git checkout"
    checkout("init", "-q")
    checkout("add", "file")
    checkout("commit", "-qm", "one")
    origin = made_here()
    assert origin["commit"] == checkout("rev-parse", "HEAD")
    assert origin["uncommitted changes"] is False
    (tmp_path / "file").write_text("two", encoding="utf-8")
    assert made_here()["uncommitted changes"] is True


def test_a_release_inside_another_repository_has_no_commit_and_no_clean_state(checkout, tmp_path, monkeypatch):
    checkout("init", "-q")
    checkout("add", "file")
    checkout("commit", "-qm", "one")
    (tmp_path / "release").mkdir()
    monkeypatch.chdir(tmp_path / "release")
    origin = made_here()
    assert origin["commit"] == "unknown: not a git checkout"
    assert origin["uncommitted changes"] == "unknown"


def test_where_git_refuses_nothing_is_called_clean(checkout, tmp_path, monkeypatch):
    checkout("init", "-q")
    checkout("add", "file")
    checkout("commit", "-qm", "one")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert made_here()["uncommitted changes"] == "unknown"


def test_a_new_module_is_a_change_and_a_new_result_is_none(checkout, tmp_path):
    checkout("init", "-q")
    checkout("add", "file")
    checkout("commit", "-qm", "one")
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "scores.csv").touch()
    assert made_here()["uncommitted changes"] is False
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "module.py").touch()
    assert made_here()["uncommitted changes"] is True


def test_libraries_python_and_the_machine_are_named():
    origin = made_here()
    assert origin["libraries"]["numpy"] == np.__version__
    assert origin["python"] == ".".join(map(str, sys.version_info[:3]))
    assert platform.machine() in origin["machine"]
