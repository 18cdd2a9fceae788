"""The smoke run killed at random moments: python benchmarks/kills.py (half an hour on two idle cores).

One run is left alone. Another, of the last commit as well, is killed with SIGKILL, Snakemake and all its jobs at
once, and started again, 50 times; where it comes to its end before, it starts anew from nothing. Whenever it
does, every table, array, label, prediction and checkpoint must have the bytes of the first. The last lines are
the figures.
"""

import random
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from metahdr.files import sha256

ROOT = Path(__file__).parents[1]
KILLS, LONGEST = 50, 25.0  # seconds from a start to the next kill
SUFFIXES = (".csv", ".npy", ".exr", ".pt", ".safetensors", ".json")
OTHERS = ("provenance.json", "state.pt")  # names its time; is there only while a training is not done
COMMAND = [sys.executable, "-m", "snakemake", "--workflow-profile", "workflow/profiles/default"]
COMMAND += ["--configfile", "config/smoke.yaml", "--quiet", "all"]


def check_out(folder: Path) -> Path:
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
    return folder


def kill_all(process: psutil.Popen) -> None:
    family = [*process.children(recursive=True), process]
    for each in family:
        with suppress(psutil.NoSuchProcess):
            each.kill()
    psutil.wait_procs(family)


def hashes(folder: Path) -> dict[str, str]:
    data = folder / "results/smoke/polyhaven-mini"
    files = [*data.rglob("*"), data.parent / "metrics.json"]
    files = [file for file in files if file.suffix in SUFFIXES and file.name not in OTHERS]
    return {str(file.relative_to(folder)): sha256(file) for file in files}


def main() -> None:
    rng, kills, ends, differing = random.Random(0), 0, 0, set()
    with TemporaryDirectory() as name:
        whole = check_out(Path(name) / "whole")
        subprocess.run(COMMAND, cwd=whole, check=True)
        expected = hashes(whole)
        killed = check_out(Path(name) / "killed")
        shutil.copytree(whole / "data/raw/polyhaven-mini", killed / "data/raw/polyhaven-mini", dirs_exist_ok=True)
        while True:
            process = psutil.Popen(COMMAND, cwd=killed, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                status = process.wait(rng.uniform(0, LONGEST) if kills < KILLS else None)
            except psutil.TimeoutExpired:
                kill_all(process)
                kills += 1
                subprocess.run([*COMMAND, "--unlock"], cwd=killed, check=True, stderr=subprocess.DEVNULL)
                continue
            if status:
                sys.exit(f"after {kills} kills the run ended with status {status}")
            ends += 1
            found = hashes(killed)
            differing |= {file for file in expected.keys() | found.keys() if expected.get(file) != found.get(file)}
            print(f"{time.strftime('%H:%M:%S')} {kills} kills, {ends} ends, {len(found)} files", flush=True)
            if kills >= KILLS:
                break
            shutil.rmtree(killed / "results")
            shutil.rmtree(killed / ".snakemake")
    for file in sorted(differing):
        print(f"differs: {file}")
    print(f"figure=kills value={kills} target=>={KILLS}")
    print(f"figure=files_compared value={len(expected)} target=>=500")
    print(f"figure=files_that_differ value={len(differing)} target=<=0")


if __name__ == "__main__":
    main()
