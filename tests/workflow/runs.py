"""How workflow tests call Snakemake."""

import subprocess
import sys
from pathlib import Path

from metahdr.workflow.plan import jobs

SMOKE = ["--configfile", "config/smoke.yaml"]


def snakemake(folder: Path, *arguments: str) -> subprocess.CompletedProcess:
    """Runs snakemake as a user would; its whole output is in `stdout`."""
    command = [sys.executable, "-m", "snakemake", "--cores", "2", *arguments]
    return subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def overlay(folder, text: str) -> list[str]:
    """The arguments of a smoke run with some keys changed."""
    (folder / "overlay.yaml").write_text(text)
    return [*SMOKE, str(folder / "overlay.yaml")]


def planned(folder, *arguments) -> dict[str, int]:
    """Rules that a dry run would run, with their number of jobs."""
    return jobs(snakemake(folder, "--dry-run", *arguments).stdout)
