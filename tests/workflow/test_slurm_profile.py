"""The Slurm profile as it is documented, with stand-ins for Slurm's own commands: every rule starts as a job."""

import os
import subprocess
import sys

import pytest
import yaml
from checkout import check_out
from stub_slurm import calls, stub_slurm
from warm import warm_python

PROFILE = "workflow/profiles/slurm/config.yaml"
# What a site fills in, and the little patience of a test.
SITE = {
    "default-resources": {"slurm_partition": "main", "mem_mb": 1000, "runtime": 10},
    "set-resources": {"meta_train": {"gpu": 1, "slurm_partition": "gpu"}},
    "slurm-no-account": True,
    "slurm-init-seconds-before-status-checks": 1,
    "seconds-between-status-checks": 1,
    "latency-wait": 10,
}
SMALL = """
machine: {chunk: 100}
meta: {label_sources: [simulated], seeds: [0], variants: {joint: null}}
score: {metrics: [psnr], methods: [gamma_2]}
"""
LOCAL = {"all", "manifest", "retrieve"}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A checkout whose profile is filled in, after a small run; the folder of the stand-ins, and what was said."""
    slurm, folder = tmp_path_factory.mktemp("slurm"), check_out(tmp_path_factory.mktemp("checkout"))
    profile = folder / PROFILE
    profile.write_text(
        yaml.safe_dump(yaml.safe_load(profile.read_text(encoding="utf-8")) | SITE), encoding="utf-8"
    )
    (folder / "small.yaml").write_text(SMALL, encoding="utf-8")
    environment = stub_slurm(slurm, warm_python())
    command = [sys.executable, "-m", "snakemake", "--workflow-profile", "workflow/profiles/slurm"]
    command += ["--configfile", "config/smoke.yaml", "small.yaml"]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "timeout": 300}
    result = subprocess.run(command, cwd=folder, env=os.environ | environment, encoding="utf-8", **streams)
    return folder, slurm, result


def test_every_rule_of_a_run_is_started_as_a_job(run):
    folder, slurm, result = run
    assert result.returncode == 0, result.stdout[-4000:]
    logs = folder / "results/smoke/logs"
    rules = {path.relative_to(logs).parts[0].removesuffix(".log") for path in logs.rglob("*.log")}
    assert set(calls(slurm)) == rules - LOCAL
    assert (folder / "results/smoke/report/index.html").exists()


def test_a_job_asks_for_what_its_rule_and_the_site_say(run):
    _, slurm, _ = run
    words = " ".join(calls(slurm)["meta_train"])
    assert "--gpus=1" in words and "-p gpu" in words
    assert "-p main" in " ".join(calls(slurm)["prepare"])


def test_logs_lie_where_the_documentation_says(run):
    folder, slurm, _ = run
    words = calls(slurm)["meta_train"]
    assert words[words.index("--output") + 1].startswith(f"{folder}/results/logs/slurm/rule_meta_train/")
    assert (folder / "results/smoke/logs/meta_train/fold0/metahdr/simulated/seed0.log").exists()
