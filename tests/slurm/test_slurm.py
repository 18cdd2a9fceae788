"""The smoke run on a real Slurm (`make test-slurm`); skipped where none can be started."""

import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import yaml
from checkout import check_out
from cluster import cluster, jobs, kill_process, missing, running

from metahdr.files import sha256

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
RESULTS = "results/smoke"


def prepared(folder: Path) -> Path:
    """A checkout whose profile is filled in."""
    check_out(folder)
    profile = folder / "workflow/profiles/slurm/config.yaml"
    profile.write_text(yaml.safe_dump(yaml.safe_load(profile.read_text()) | SITE))
    return folder


def snakemake(folder: Path, *arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "snakemake", *arguments, "--workflow-profile", "workflow/profiles/slurm"]
    command += ["--configfile", "config/smoke.yaml"]
    return subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def asked(folder: Path) -> dict:
    return yaml.safe_load((folder / "workflow/resources.yaml").read_text())


def rule_of(comment: str) -> str:
    return re.match(r"rule_(.+?)(?:_wildcards_.*)?$", comment.strip())[1]


def by_rule(records: list[dict]) -> dict[str, list[dict]]:
    found = {}
    for job in records:
        found.setdefault(rule_of(job["Comment"]), []).append(job)
    return found


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The checkout after a smoke run on the cluster, and Slurm's records of its jobs by rule."""
    folder = prepared(tmp_path_factory.mktemp("checkout"))
    with cluster():
        result = snakemake(folder)
        records = jobs()
    assert result.returncode == 0, result.stdout[-4000:]
    return folder, by_rule(records)


def test_each_rule_ran_as_the_job_that_it_asks_for(finished):
    folder, records = finished
    expected = {"split": 1, "train_method": 2, "label": 1, "meta_train": 6, "adapt": 6, "reconstruct": 6}
    expected |= {"score": 12, "aggregate": 1, "steps": 1, "report": 1}
    assert expected == {rule: len(found) for rule, found in records.items() if rule in asked(folder)}
    for rule in expected:
        need = asked(folder)[rule]
        for job in records[rule]:
            assert job["JobState"] == "COMPLETED"
            assert job["MinMemoryNode"] == f"{need['mem_mb']}M"
            assert job["TimeLimit"] == f"{need['runtime'] // 60:02}:{need['runtime'] % 60:02}:00"
            assert ("gpu:1" in str(job)) == (rule == "meta_train")


def test_scenes_are_prepared_in_one_job_that_takes_the_memory_of_one(finished):
    folder, records = finished
    (job,) = [job for rule, found in records.items() if "scenes" in rule for job in found]
    assert job["MinMemoryNode"] == f"{max(asked(folder)[rule]['mem_mb'] for rule in ('prepare', 'expose'))}M"
    assert job["NumCPUs"] == "1"


class Troubles(threading.Thread):
    """Ends jobs of the meta-training while a run goes on, each of them in another way."""

    def __init__(self):
        super().__init__(daemon=True)
        self.over = threading.Event()
        self.caused: dict[str, str] = {}  # by Slurm's id of the job

    def run(self) -> None:
        ways = [self.cancel, self.run_out_of_time, self.kill]
        while ways and not self.over.wait(0.5):
            for job, comment in running().items():
                if ways and rule_of(comment) == "meta_train" and job not in self.caused:
                    way = ways.pop(0)
                    time.sleep(4)  # the training has begun
                    way(job)
                    self.caused[job] = way.__name__

    def cancel(self, job: str) -> None:
        subprocess.run(["scancel", job])

    def run_out_of_time(self, job: str) -> None:
        subprocess.run(["scontrol", "update", f"JobId={job}", "TimeLimit=00:00:01"])

    def kill(self, job: str) -> None:
        kill_process(job, "train.py", signal.SIGKILL)


def test_jobs_that_are_ended_from_outside_run_again_and_the_results_are_the_same(finished, tmp_path):
    """Memory runs out, too: the first attempt of `train_method` asks for too little, the second for twice that."""
    folder = prepared(tmp_path)
    needs = asked(folder)
    needs["train_method"]["mem_mb"] = 450
    (folder / "workflow/resources.yaml").write_text(yaml.safe_dump(needs))
    troubles = Troubles()
    with cluster():
        troubles.start()
        result = snakemake(folder)
        troubles.over.set()
        records = {job["JobId"]: job for job in jobs()}
    assert result.returncode == 0, result.stdout[-4000:]
    states = {way: records[job]["JobState"] for job, way in troubles.caused.items()}
    assert states == {"cancel": "CANCELLED", "run_out_of_time": "TIMEOUT", "kill": "FAILED"}
    memory = sorted((job["MinMemoryNode"], job["JobState"]) for job in by_rule(records.values())["train_method"])
    assert ("450M", "OUT_OF_MEMORY") in memory and ("900M", "COMPLETED") in memory
    first = finished[0] / RESULTS
    for path in [*first.rglob("best.pt"), *first.rglob("scores.csv"), *first.rglob("summary.csv")]:
        assert sha256(path) == sha256(folder / RESULTS / path.relative_to(first)), path


def test_a_training_on_two_tasks_ends_with_the_same_bytes(finished):
    folder, _ = finished
    target = f"{RESULTS}/polyhaven-mini/fold0/metahdr/simulated/seed0/best.pt"
    before = sha256(folder / target)
    (folder / target).unlink()
    with cluster():
        result = snakemake(folder, target, "--config", "tasks=2")
        (record,) = jobs()
    assert result.returncode == 0, result.stdout[-4000:]
    assert record["NumTasks"] == "2"
    assert (
        "2 processes share"
        in (folder / f"{RESULTS}/logs/meta_train/fold0/metahdr/simulated/seed0.log").read_text()
    )
    assert sha256(folder / target) == before
