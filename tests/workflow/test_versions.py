"""Results that are published with DVC to a folder, restored in another clone, and compared between two versions of
the dataset. The configuration of the smoke run stands in config/config.yaml, which dvc.yaml names."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from runs import planned, snakemake
from warm import warm_python

from metahdr.config.check import lay_over
from metahdr.files import sha256
from metahdr.images.files import read_hdr, write_exr

PROFILE = ["--workflow-profile", "workflow/profiles/default"]
RESULTS = "results/smoke"
CHANGED = "data/raw/polyhaven-mini/hotel_room.exr"


def call(folder: Path, *words: str) -> subprocess.CompletedProcess:
    command = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", *words[1:]]
    if words[0] != "git":
        command = [str(warm_python()), "-m", *words]
    environment = os.environ | {"PYTHONPATH": str(folder / "src"), "COLUMNS": "100"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, encoding="utf-8")


def metahdr(folder: Path, command: str) -> subprocess.CompletedProcess:
    return call(folder, "metahdr.cli", command)


def good(result: subprocess.CompletedProcess) -> str:
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def commit(folder: Path) -> None:
    good(call(folder, "git", "add", "--all"))
    good(call(folder, "git", "commit", "--quiet", "--message", "results"))


@pytest.fixture(scope="module")
def published(smoke, tmp_path_factory) -> Path:
    """A repository whose finished run, a part of the smoke run, was published to a folder."""
    folder = tmp_path_factory.mktemp("versions") / "first"
    shutil.copytree(smoke, folder, symlinks=True)
    config = yaml.safe_load((folder / "config/config.yaml").read_text(encoding="utf-8"))
    lay_over(config, yaml.safe_load((folder / "config/smoke.yaml").read_text(encoding="utf-8")))
    lay_over(config, {"meta": {"label_sources": ["simulated"], "seeds": [0], "variants": {"joint": None}}})
    lay_over(config, {"score": {"methods": ["gamma_2", "lut"]}})
    (folder / "config/config.yaml").write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    assert snakemake(folder, *PROFILE).returncode == 0
    good(call(folder, "git", "init", "--quiet"))
    assert "dvc remote add" in metahdr(folder, "publish").stderr, "no remote: one line says what to do"
    good(call(folder, "dvc", "remote", "add", "--default", "store", str(folder.parent / "remote")))
    assert "nothing was published" in metahdr(folder, "restore").stderr
    assert "git add dvc.lock data/raw/polyhaven-mini.dvc" in good(metahdr(folder, "publish"))
    commit(folder)
    return folder


@pytest.fixture(scope="module")
def restored(published) -> Path:
    """A new clone, in which the results were restored."""
    folder = published.parent / "second"
    good(call(published, "git", "clone", "--quiet", str(published), str(folder)))
    assert good(metahdr(folder, "restore")).startswith("restored: nothing is left to do")
    return folder


def test_what_is_restored_is_what_was_computed_and_leaves_nothing_to_do(published, restored):
    assert "Nothing to be done" in snakemake(restored, "--dry-run", *PROFILE).stdout
    files = [path.relative_to(published) for path in (published / RESULTS / "polyhaven-mini").rglob("*")]
    assert len(files) > 200
    assert all(
        sha256(published / file) == sha256(restored / file) for file in files if (published / file).is_file()
    )
    status = json.loads(good(call(restored, "dvc", "status", "--json")))
    assert status.keys() == {"data/raw/polyhaven-1k.dvc"}, (
        "all that DVC tracks is right but the data not used here"
    )


def test_a_changed_setting_reruns_in_a_restored_clone_what_it_reruns_where_all_was_computed(
    published, restored, tmp_path
):
    """`prepare` is the first stage: had Snakemake not noted its parameters, nothing would run."""
    changed = tmp_path / "changed.yaml"
    changed.write_text("prepare: {views: 4}", encoding="utf-8")
    jobs = planned(restored, *PROFILE, "--configfile", str(changed))
    assert jobs["prepare"] == 2
    assert jobs == planned(published, *PROFILE, "--configfile", str(changed))


def test_a_run_of_which_something_is_gone_is_not_published(restored):
    gone, away = restored / RESULTS / "polyhaven-mini/fold0/labels/simulated/chunk0", restored / "away"
    gone.rename(away)
    assert "Nothing to be done" in snakemake(restored, "--dry-run", *PROFILE).stdout
    result = metahdr(restored, "publish")
    away.rename(gone)
    assert result.returncode == 1 and "1 file(s) or folder(s) of the run are gone" in result.stderr
    assert f"workflow/profiles/default {RESULTS}/polyhaven-mini/fold0/labels/simulated/chunk0" in result.stderr


def test_the_register_dvc_and_the_disk_agree_until_a_file_changes(restored):
    said = good(metahdr(restored, "data-status"))
    assert "polyhaven-mini, version 1: 17 files, 18 MB; all as registered, verified 20" in said
    assert "polyhaven-1k, version 1: 50 files, 75 MB; not here" in said
    path = restored / CHANGED
    kept = path.read_bytes()
    path.write_bytes(kept[:-1] + b"x")
    result = metahdr(restored, "data-status")
    path.write_bytes(kept)
    assert result.returncode == 1
    assert "1 differ" in result.stdout and "\n  hotel_room.exr: expected 202262 bytes" in result.stdout
    assert "DVC: differs\n" in result.stdout and "\n  hotel_room.exr: modified since dvc add" in result.stdout


def test_a_register_that_has_another_number_of_files_than_dvc_is_told_of_data_that_are_not_here(restored):
    tracked = restored / "data/raw/polyhaven-1k.dvc"
    kept = tracked.read_text(encoding="utf-8")
    tracked.write_text(kept.replace("nfiles: 50", "nfiles: 49"), encoding="utf-8")
    result = metahdr(restored, "data-status")
    tracked.write_text(kept, encoding="utf-8")
    assert result.returncode == 1
    assert "polyhaven-1k.dvc: 49 files, 75224003 bytes; registered are 50 files, 75224003 bytes" in result.stdout


def test_nothing_is_published_while_there_is_work(published):
    page = published / RESULTS / "report/index.html"
    page.rename(page.with_suffix(".kept"))
    refusal = metahdr(published, "publish")
    page.with_suffix(".kept").rename(page)
    assert refusal.returncode == 1
    assert "there is work to do first (1 report" in refusal.stderr


def test_results_of_another_configuration_are_refused_before_they_replace_anything(published, tmp_path):
    folder = tmp_path / "other"
    good(call(published, "git", "clone", "--quiet", str(published), str(folder)))
    config = folder / "config/config.yaml"
    config.write_text(
        config.read_text(encoding="utf-8").replace("iterations: 6", "iterations: 7"), encoding="utf-8"
    )
    refusal = metahdr(folder, "restore")
    assert refusal.returncode == 1
    assert "config/config.yaml: meta" in refusal.stderr and "make reproduce computes its own" in refusal.stderr
    assert not (folder / "results").exists()


def test_a_damaged_result_is_named_and_not_taken_for_new(published, tmp_path):
    """By DVC's own default it believes what a folder holds."""
    folder, store = tmp_path / "clone", tmp_path / "store"
    shutil.copytree(published.parent / "remote", store)
    damaged = next((published / RESULTS).rglob("best.pt"))
    wanted = sha256(damaged)
    (path,) = (path for path in store.rglob("*") if path.is_file() and sha256(path) == wanted)
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    good(call(published, "git", "clone", "--quiet", str(published), str(folder)))
    good(call(folder, "dvc", "remote", "modify", "store", "url", str(store)))
    refusal = metahdr(folder, "restore")
    assert refusal.returncode == 1 and "Traceback" not in refusal.stderr
    assert f"{damaged.relative_to(published)}: modified" in refusal.stderr
    assert not (folder / ".snakemake").exists()


def test_results_that_nobody_published_are_not_replaced(restored):
    table = restored / RESULTS / "report/tables.md"
    kept = table.read_bytes()
    table.write_text("mine", encoding="utf-8")
    refusal = metahdr(restored, "restore")
    found = table.read_text(encoding="utf-8")
    table.write_bytes(kept)
    assert refusal.returncode == 1 and found == "mine"
    assert str(table) in refusal.stderr


def test_one_changed_file_reruns_its_dependents_alone_and_dvc_shows_what_it_changed(restored):
    path, register = restored / CHANGED, restored / "config/datasets.yaml"
    before, size = sha256(path), path.stat().st_size
    write_exr(path, read_hdr(path)[::-1] * 2)
    facts = register.read_text(encoding="utf-8").replace(before, sha256(path))
    register.write_text(facts.replace(f"size: {size}\n", f"size: {path.stat().st_size}\n"), encoding="utf-8")
    jobs = planned(restored, *PROFILE)
    assert (jobs["retrieve"], jobs["prepare"], jobs["expose"], jobs["split"]) == (1, 1, 1, 1)
    assert "manifest" not in jobs
    assert snakemake(restored, *PROFILE).returncode == 0
    changed = good(call(restored, "dvc", "metrics", "diff"))
    assert f"{RESULTS}/metrics.json" in changed and "adapted.psnr" in changed
    assert max(map(len, changed.splitlines())) <= 100
    good(metahdr(restored, "publish"))
    commit(restored)
    assert "adapted.psnr" in good(call(restored, "dvc", "metrics", "diff", "HEAD~1", "HEAD"))
    assert sha256(path) != before
