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
from cluster import cluster, jobs, kill_process, missing, node_state, running

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
# Trainings that last long enough to be disturbed.
LONGER = "meta: {iterations: 150, validate_every: 75}\n"


def prepared(folder: Path) -> Path:
    """A checkout whose profile is filled in."""
    check_out(folder)
    profile = folder / "workflow/profiles/slurm/config.yaml"
    profile.write_text(
        yaml.safe_dump(yaml.safe_load(profile.read_text(encoding="utf-8")) | SITE), encoding="utf-8"
    )
    (folder / "longer.yaml").write_text(LONGER, encoding="utf-8")
    return folder


def snakemake(folder: Path, *arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "snakemake", *arguments, "--workflow-profile", "workflow/profiles/slurm"]
    command += ["--configfile", "config/smoke.yaml", "longer.yaml"]
    return subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8")


def asked(folder: Path) -> dict:
    return yaml.safe_load((folder / "workflow/resources.yaml").read_text(encoding="utf-8"))


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
    expected = {"prepare": 2, "expose": 2, "split": 1, "train_method": 2, "check_labeller": 1, "label": 2}
    expected |= {"meta_train": 6, "adapt": 12, "reconstruct": 12, "score": 24, "aggregate": 1, "steps": 1}
    expected |= {"report": 1}
    assert expected == {rule: len(found) for rule, found in records.items() if rule in asked(folder)}
    for rule in expected:
        need = asked(folder)[rule]
        for job in records[rule]:
            assert job["JobState"] == "COMPLETED"
            assert job["MinMemoryNode"] == f"{need['mem_mb']}M"
            assert job["TimeLimit"] == f"{need['runtime'] // 60:02}:{need['runtime'] % 60:02}:00"
            assert ("gpu:1" in str(job)) == (rule == "meta_train")


class Troubles(threading.Thread):
    """Ends jobs of the meta-training while a run goes on, each in another way; at the last it drains the node."""

    def __init__(self):
        super().__init__(daemon=True)
        self.over = threading.Event()
        self.caused: dict[str, str] = {}  # by Slurm's id of the job

    def run(self) -> None:
        ways = [self.cancel, self.run_out_of_time, self.kill, self.drain]
        while ways and not self.over.wait(0.5):
            for job, comment in running().items():
                if ways and rule_of(comment) == "meta_train" and job not in self.caused:
                    way = ways.pop(0)
                    time.sleep(8)  # the training has begun
                    way(job)
                    self.caused[job] = way.__name__

    def cancel(self, job: str) -> None:
        subprocess.run(["scancel", job])

    def run_out_of_time(self, job: str) -> None:
        """It hangs, because Slurm's shortest limit is a minute."""
        kill_process(job, "train.py", signal.SIGSTOP)
        subprocess.run(["scontrol", "update", f"JobId={job}", "TimeLimit=1"])

    def kill(self, job: str) -> None:
        kill_process(job, "train.py", signal.SIGKILL)

    def drain(self, job: str) -> None:
        """The node takes no more jobs for a while; those that it has come to their end."""
        node_state("DRAIN")
        time.sleep(10)
        node_state("RESUME")


def test_jobs_that_are_ended_from_outside_run_again_and_the_results_are_the_same(finished, tmp_path):
    """Memory runs out, too: the first attempt of `train_method` asks for too little, the second for twice that."""
    folder = prepared(tmp_path)
    needs = asked(folder)
    needs["train_method"]["mem_mb"] = 450
    (folder / "workflow/resources.yaml").write_text(yaml.safe_dump(needs), encoding="utf-8")
    troubles = Troubles()
    with cluster():
        troubles.start()
        result = snakemake(folder)
        troubles.over.set()
        records = {job["JobId"]: job for job in jobs()}
    assert result.returncode == 0, result.stdout[-4000:]
    states = {way: records[job]["JobState"] for job, way in troubles.caused.items()}
    assert states == {"cancel": "CANCELLED", "run_out_of_time": "TIMEOUT", "kill": "FAILED", "drain": "COMPLETED"}
    too_small = [
        job["JobId"] for job in by_rule(records.values())["train_method"] if job["MinMemoryNode"] == "450M"
    ]
    assert len(too_small) == 2
    for job in too_small:
        # Slurm kills the training; its own state is OUT_OF_MEMORY, or FAILED where Snakemake was faster.
        (log,) = folder.rglob(f"rule_train_method/*/{job}.log")
        assert (
            "exceeded memory limit" in log.read_text(encoding="utf-8") and records[job]["JobState"] != "COMPLETED"
        )
    first = finished[0] / RESULTS
    for path in [*first.rglob("best.pt"), *first.rglob("scores.csv"), *first.rglob("summary.csv")]:
        assert sha256(path) == sha256(folder / RESULTS / path.relative_to(first)), path


def test_what_fails_for_good_is_named_with_its_slurm_job_and_a_second_call_finishes_what_is_left(finished):
    """A training is cancelled and no job is tried twice; what does not need it runs to its end."""
    folder, _ = finished
    training = f"{RESULTS}/polyhaven-mini/fold0/joint/simulated/seed0"
    before = {name: sha256(folder / RESULTS / name) for name in ("polyhaven-mini/summary.csv", "metrics.json")}
    for name in ("best.pt", "last.pt"):
        (folder / training / name).unlink()
    with cluster():
        canceller = threading.Thread(target=cancel_first, args=("meta_train",), daemon=True)
        canceller.start()
        # The training is named, because Snakemake makes no missing file anew whose dependents are all there.
        result = snakemake(folder, f"{training}/best.pt", "all", "--retries", "0")
        assert result.returncode == 1 and not (folder / training / "best.pt").exists()
        summary = result.stdout.partition("1 job(s) failed; ")[2]
        cancelled = next(job["JobId"] for job in jobs() if job["JobState"] == "CANCELLED")
        head = f"meta_train (fold=0, variant=joint, run=simulated, seed=0), job {cancelled}"
        assert head in summary.splitlines()
        assert re.search(r"seed0\.log ends with:\n    .*", summary) and "CANCELLED" in summary
        assert "The same command goes on with what is left" in summary
        result = snakemake(folder, f"{training}/best.pt", "all")
    assert result.returncode == 0, result.stdout[-4000:]
    assert before == {name: sha256(folder / RESULTS / name) for name in before}


def cancel_first(rule: str) -> None:
    """Cancels the first running job of a rule, when it has begun."""
    while True:
        time.sleep(0.5)
        for job, comment in running().items():
            if rule_of(comment) == rule:
                time.sleep(8)
                subprocess.run(["scancel", job])
                return


def test_a_training_on_two_tasks_ends_with_the_same_bytes(finished):
    folder, _ = finished
    target = f"{RESULTS}/polyhaven-mini/fold0/metahdr/simulated/seed0/best.pt"
    before = sha256(folder / target)
    (folder / target).unlink()
    with cluster():
        result = snakemake(folder, target, "--config", "machine={slurm_tasks: 2}")
        records = by_rule(jobs())
    assert result.returncode == 0, result.stdout[-4000:]
    (record,) = records["meta_train"]
    assert record["NumTasks"] == "2" and record["MinMemoryNode"] == f"{2 * asked(folder)['meta_train']['mem_mb']}M"
    assert "2 processes share" in (
        folder / f"{RESULTS}/logs/meta_train/fold0/metahdr/simulated/seed0.log"
    ).read_text(encoding="utf-8")
    assert sha256(folder / target) == before
