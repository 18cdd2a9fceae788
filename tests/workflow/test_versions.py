"""Results that are published with DVC to a folder, restored in another clone, and compared between two versions of
the dataset. The configuration of the smoke run stands in config/config.yaml, which dvc.yaml names."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from conftest import planned, snakemake

from metahdr.config.check import lay_over
from metahdr.files import sha256
from metahdr.images import read_hdr, write_exr

PROFILE = ["--workflow-profile", "workflow/profiles/default"]
RESULTS = "results/smoke"
CHANGED = "data/raw/polyhaven-mini/courtyard.exr"


def call(folder: Path, *words: str) -> subprocess.CompletedProcess:
    command = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", *words[1:]]
    if words[0] != "git":
        command = [sys.executable, *(["-m"] if words[0] == "dvc" else []), *words]
    environment = os.environ | {"PYTHONPATH": str(folder / "src"), "COLUMNS": "100"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def versions(folder: Path, action: str) -> subprocess.CompletedProcess:
    return call(folder, "workflow/scripts/versions.py", "--action", action)


def good(result: subprocess.CompletedProcess) -> str:
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def commit(folder: Path) -> None:
    good(call(folder, "git", "add", "--all"))
    good(call(folder, "git", "commit", "--quiet", "--message", "results"))


@pytest.fixture(scope="module")
def published(smoke, tmp_path_factory) -> Path:
    """A repository whose finished run was published to a folder."""
    folder = tmp_path_factory.mktemp("versions") / "first"
    shutil.copytree(smoke, folder, symlinks=True)
    config = yaml.safe_load((folder / "config/config.yaml").read_text())
    lay_over(config, yaml.safe_load((folder / "config/smoke.yaml").read_text()))
    (folder / "config/config.yaml").write_text(yaml.safe_dump(config))
    good(call(folder, "git", "init", "--quiet"))
    assert "dvc remote add" in versions(folder, "publish").stderr, "no remote: one line says what to do"
    good(call(folder, "dvc", "remote", "add", "--default", "store", str(folder.parent / "remote")))
    assert "nothing was published" in versions(folder, "restore").stderr
    assert "git add dvc.lock data/raw/polyhaven-mini.dvc" in good(versions(folder, "publish"))
    commit(folder)
    return folder


@pytest.fixture(scope="module")
def restored(published) -> Path:
    """A new clone, in which the results were restored."""
    folder = published.parent / "second"
    good(call(published, "git", "clone", "--quiet", str(published), str(folder)))
    assert good(versions(folder, "restore")).startswith("restored: nothing is left to do")
    return folder


def test_what_is_restored_is_what_was_computed_and_leaves_nothing_to_do(published, restored):
    assert "Nothing to be done" in snakemake(restored, "--dry-run", *PROFILE).stdout
    files = [path.relative_to(published) for path in (published / RESULTS / "polyhaven-mini").rglob("*")]
    assert len(files) > 300
    assert all(
        sha256(published / file) == sha256(restored / file) for file in files if (published / file).is_file()
    )
    assert json.loads(good(call(restored, "dvc", "status", "--json"))) == {}


def test_the_register_dvc_and_the_disk_agree_until_a_file_changes(restored):
    said = good(call(restored, "workflow/scripts/data_status.py"))
    assert "polyhaven-mini, version 1: 17 files, 18 MB; all as registered, verified 20" in said
    assert "polyhaven-1k, version 1: 50 files, 75 MB; not here" in said
    path = restored / CHANGED
    kept = path.read_bytes()
    path.write_bytes(kept[:-1] + b"x")
    result = call(restored, "workflow/scripts/data_status.py")
    path.write_bytes(kept)
    assert result.returncode == 1
    assert "1 differ" in result.stdout and "\n  courtyard.exr: expected 270418 bytes" in result.stdout
    assert "DVC: differs (modified)" in result.stdout


def test_nothing_is_published_while_there_is_work(published):
    table = published / RESULTS / "polyhaven-mini/scores.csv"
    table.rename(table.with_suffix(".kept"))
    refusal = versions(published, "publish")
    table.with_suffix(".kept").rename(table)
    assert refusal.returncode == 1
    assert "there is work to do first (1 aggregate" in refusal.stderr


def test_results_of_another_configuration_or_code_are_not_restored(published, tmp_path):
    folder = tmp_path / "other"
    good(call(published, "git", "clone", "--quiet", str(published), str(folder)))
    config = folder / "config/config.yaml"
    config.write_text(config.read_text().replace("iterations: 6", "iterations: 7"))
    refusal = versions(folder, "restore")
    assert refusal.returncode == 1
    assert "config/config.yaml" in refusal.stderr and "make reproduce computes it anew" in refusal.stderr


def test_a_damaged_store_is_not_restored(published, tmp_path):
    folder, store = tmp_path / "clone", tmp_path / "store"
    shutil.copytree(published.parent / "remote", store)
    largest = max((path for path in store.rglob("*") if path.is_file()), key=lambda path: path.stat().st_size)
    largest.chmod(0o644)
    largest.write_bytes(largest.read_bytes()[:-1] + b"x")
    good(call(published, "git", "clone", "--quiet", str(published), str(folder)))
    good(call(folder, "dvc", "remote", "modify", "store", "url", str(store)))
    good(call(folder, "dvc", "remote", "modify", "store", "verify", "true"))
    refusal = versions(folder, "restore")
    assert refusal.returncode == 1 and "Traceback" not in refusal.stderr


def test_one_changed_file_reruns_its_dependents_alone_and_dvc_shows_what_it_changed(restored):
    path, register = restored / CHANGED, restored / "config/datasets.yaml"
    before, size = sha256(path), path.stat().st_size
    write_exr(path, read_hdr(path)[::-1] * 2)
    facts = register.read_text().replace(before, sha256(path))
    register.write_text(facts.replace(f"size: {size}\n", f"size: {path.stat().st_size}\n"))
    jobs = planned(restored, *PROFILE)
    assert (jobs["prepare"], jobs["expose"], jobs["split"]) == (1, 1, 1)
    assert {"fetch_wheel", "retrieve", "manifest"}.isdisjoint(jobs)
    assert snakemake(restored, *PROFILE).returncode == 0
    changed = good(call(restored, "dvc", "metrics", "diff"))
    assert f"{RESULTS}/metrics.json" in changed and "adapted.psnr" in changed
    assert max(map(len, changed.splitlines())) <= 100
    good(versions(restored, "publish"))
    commit(restored)
    assert "adapted.psnr" in good(call(restored, "dvc", "metrics", "diff", "HEAD~1", "HEAD"))
    assert sha256(path) != before
