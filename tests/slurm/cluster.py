"""A real Slurm of one node on this machine, for as long as a test needs it."""

import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import psutil

HERE = Path(__file__).parent
CONFIGURATION = Path("/etc/slurm")  # Snakemake's plugin drops SLURM_CONF inside of jobs
MARK = "Written by metahdr's tests/slurm/cluster.py"
PATIENCE = 30.0  # seconds
NOWHERE = subprocess.DEVNULL


def missing() -> str:
    """Why no cluster can be started here; empty where it can."""
    if os.geteuid():
        return "Slurm's daemons are started as root"
    if absent := [name for name in ("munged", "slurmctld", "slurmd", "sbatch") if not shutil.which(name)]:
        return f"{', '.join(absent)} not installed: make test-slurm"
    if any(file.exists() and MARK not in file.read_text(encoding="utf-8") for file in _files()):
        return f"{CONFIGURATION} has a configuration of another cluster"
    return ""


@contextmanager
def cluster() -> Iterator[None]:
    """Starts munge, the controller and the node's daemon; stops all three at the end, by process id."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="slurm-")))
        for name in ("state", "spool"):
            (folder / name).mkdir()
        values = {"MARK": MARK, "HOST": socket.gethostname(), "DIR": str(folder), "MEMORY": str(_megabytes())}
        for file in _files():
            text = (HERE / f"{file.name}.in").read_text(encoding="utf-8")
            file.write_text(re.sub(r"@(\w+)@", lambda match: values[match[1]], text), encoding="utf-8")
            stack.callback(file.unlink)
        if (
            not Path("/run/munge/munge.socket.2").exists()
            or subprocess.run(["munge", "-n"], stdout=NOWHERE).returncode
        ):
            Path("/run/munge").mkdir(exist_ok=True)
            shutil.chown("/run/munge", "munge", "munge")
            stack.enter_context(_daemon(["munged", "--foreground", "--force"], "munge"))
            _wait(
                lambda: subprocess.run(["munge", "-n"], stdout=NOWHERE, stderr=NOWHERE).returncode == 0, "munged"
            )
        stack.enter_context(_daemon(["slurmctld", "-D", "-i"]))
        stack.enter_context(_daemon(["slurmd", "-D"]))
        _wait(lambda: "idle" in _output("sinfo", "--noheader", "--format=%T"), "slurmctld and slurmd")
        stack.callback(_end_jobs)
        yield


def _end_jobs() -> None:
    """Cancels what is left, waits for it, and kills what does not end."""
    subprocess.run(["scancel", "--state=RUNNING,PENDING", "--user=root"], stderr=NOWHERE)
    with suppress(RuntimeError):
        _wait(lambda: not _output("squeue", "--noheader"), "the end of all jobs")
    _send(signal.SIGKILL, "SLURM_CLUSTER_NAME", "metahdr")


def jobs() -> list[dict[str, str]]:
    """Slurm's own records of all jobs: the fields of `scontrol show job`."""
    return [
        dict(re.findall(r"(\S+?)=(.*?)(?= \S+?=|$)", line))
        for line in _output("scontrol", "--oneliner", "show", "job").splitlines()
        if line.startswith("JobId=")
    ]


def running() -> dict[str, str]:
    """The comments, in which Snakemake names the rule, of running jobs by Slurm's id."""
    lines = _output("squeue", "--noheader", "--states=RUNNING", "--format=%i %k").splitlines()
    return dict(line.split(" ", 1) for line in lines)


def node_state(state: str) -> None:
    """Sets the state of the node, such as DRAIN or RESUME."""
    words = [f"NodeName={socket.gethostname()}", f"State={state}", "Reason=test"]
    subprocess.run(["scontrol", "update", *words], check=True)


def kill_process(job: str, name: str, number: signal.Signals) -> None:
    """Sends a signal to the processes of a job that have a word of this name in their command."""
    _send(number, "SLURM_JOB_ID", job, name)


def _send(number: signal.Signals, variable: str, value: str, name: str = "") -> None:
    """Sends a signal to the processes with a variable of this value and a word with this name in their command."""
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            named = any(name in word for word in process.cmdline())
            if named and process.environ().get(variable) == value:
                process.send_signal(number)


def _files() -> list[Path]:
    return [CONFIGURATION / "slurm.conf", CONFIGURATION / "gres.conf"]


def _megabytes() -> int:
    kilobytes = re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text(encoding="utf-8"))[1]
    return int(kilobytes) // 1024 * 9 // 10


@contextmanager
def _daemon(command: list[str], user: str | None = None) -> Iterator[None]:
    process = subprocess.Popen(
        command, stdout=NOWHERE, stderr=NOWHERE, start_new_session=True, user=user, group=user
    )
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, encoding="utf-8").stdout


def _wait(ready, name: str) -> None:
    end = time.monotonic() + PATIENCE
    while not ready():
        if time.monotonic() > end:
            raise RuntimeError(f"{name} did not come within {PATIENCE:g} s")
        time.sleep(0.2)
