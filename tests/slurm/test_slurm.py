"""The smoke run on a real Slurm (`make test-slurm`); skipped where none can be started."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from checkout import check_out
from cluster import cluster, jobs, missing

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())

# What a site fills in: this one has a partition, no accounting, two GPUs, and little time.
SITE = {
    "default-resources": {"slurm_partition": "main", "mem_mb": 1000, "runtime": 10},
    "set-resources": {"meta_train": {"gpu": 1}},
    "slurm-no-account": True,
    "slurm-status-command": "squeue",
    "slurm-init-seconds-before-status-checks": 2,
    "seconds-between-status-checks": 1,
}


def fill_in(folder: Path) -> None:
    profile = folder / "workflow/profiles/slurm/config.yaml"
    profile.write_text(yaml.safe_dump(yaml.safe_load(profile.read_text()) | SITE))


def snakemake(folder: Path, *arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "snakemake", *arguments, "--workflow-profile", "workflow/profiles/slurm"]
    command += ["--configfile", "config/smoke.yaml"]
    return subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The checkout after a smoke run on the cluster, and Slurm's records of its jobs by rule."""
    folder = check_out(tmp_path_factory.mktemp("checkout"))
    fill_in(folder)
    with cluster():
        result = snakemake(folder)
        records = jobs()
    assert result.returncode == 0, result.stdout[-4000:]
    by_rule = {}
    for job in records:
        rule = re.match(r"(?:rule|group)_(.+?)(?:_wildcards_.*)?$", job["Comment"].strip())[1]
        by_rule.setdefault(rule, []).append(job)
    return folder, by_rule


def test_each_rule_ran_as_the_job_that_it_asks_for(finished):
    folder, records = finished
    asked = yaml.safe_load((folder / "workflow/resources.yaml").read_text())
    expected = {"split": 1, "train_method": 2, "label": 1, "meta_train": 6, "adapt": 6, "reconstruct": 6}
    expected |= {"score": 12, "aggregate": 1, "steps": 1, "report": 1}
    assert expected == {rule: len(found) for rule, found in records.items() if rule in asked}
    for rule in expected:
        for job in records[rule]:
            assert job["JobState"] == "COMPLETED"
            assert job["MinMemoryNode"] == f"{asked[rule]['mem_mb']}M"
            assert job["TimeLimit"] == f"00:{asked[rule]['runtime']:02}:00"
            assert ("gpu:1" in str(job)) == (rule == "meta_train")
