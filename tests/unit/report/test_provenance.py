import subprocess

import numpy as np
import pytest

from metahdr.report.provenance import provenance
from metahdr.training import checkpoint


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
    assert provenance(tmp_path, [tmp_path / "file"], {}, {})["commit"] == "unknown: not a git checkout"
    checkout("init", "-q")
    checkout("add", "file")
    checkout("commit", "-qm", "one")
    origin = provenance(tmp_path, [tmp_path / "file"], {}, {})
    assert origin["commit"] == checkout("rev-parse", "HEAD")
    assert origin["uncommitted changes"] is False
    (tmp_path / "file").write_text("two")
    assert provenance(tmp_path, [tmp_path / "file"], {}, {})["uncommitted changes"] is True


def test_a_release_inside_another_repository_has_no_commit_and_no_clean_state(checkout, tmp_path, monkeypatch):
    checkout("init", "-q")
    checkout("add", "file")
    checkout("commit", "-qm", "one")
    (tmp_path / "release").mkdir()
    monkeypatch.chdir(tmp_path / "release")
    origin = provenance(tmp_path, [], {}, {})
    assert origin["commit"] == "unknown: not a git checkout"
    assert origin["uncommitted changes"] == "unknown"


def test_where_git_refuses_nothing_is_called_clean(checkout, tmp_path, monkeypatch):
    checkout("init", "-q")
    checkout("add", "file")
    checkout("commit", "-qm", "one")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert provenance(tmp_path, [], {}, {})["uncommitted changes"] == "unknown"


def test_a_new_module_is_a_change_and_a_new_result_is_none(checkout, tmp_path):
    checkout("init", "-q")
    checkout("add", "file")
    checkout("commit", "-qm", "one")
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "scores.csv").touch()
    assert provenance(tmp_path, [], {}, {})["uncommitted changes"] is False
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "module.py").touch()
    assert provenance(tmp_path, [], {}, {})["uncommitted changes"] is True


def test_the_code_of_each_stage_and_that_which_each_network_was_trained_by_are_told_apart(tmp_path):
    checkpoint.save(tmp_path / "new.pt", {"code": "c0de"})
    checkpoint.save(tmp_path / "old.pt", {"iteration": 3})
    networks = {"true": tmp_path / "new.pt", "simulated": tmp_path / "old.pt"}
    origin = provenance(tmp_path, [], {"meta_train": "c0de", "score": "beef"}, networks)
    assert origin["code"] == {"meta_train": "c0de", "score": "beef"}
    assert origin["networks' code"] == {"true": "c0de", "simulated": "unknown"}
    assert origin["networks of other code"] == ["simulated"]


def test_libraries_label_model_and_the_seconds_of_each_stage_are_recorded(tmp_path):
    (tmp_path / "file").write_bytes(b"abc")
    (tmp_path / "label.tsv").write_text("s\th:m:s\tmax_rss\n12.3456\t0:00:12\t-\n")
    origin = provenance(tmp_path, [tmp_path / "file"], {}, {})
    assert origin["stages"] == {"label": {"jobs": 1, "seconds": 12.3, "longest": 12.3, "megabytes": None}}
    # the SHA-256 of "abc", FIPS 180-2, appendix B.1
    assert origin["label models"] == "file, sha256 " + (
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )
    assert origin["libraries"]["numpy"] == np.__version__
