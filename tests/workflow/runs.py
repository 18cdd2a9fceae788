"""How workflow tests call Snakemake."""

import os
import subprocess
from pathlib import Path

from warm import warm_python

from metahdr.workflow.plan import jobs

SMOKE = ["--configfile", "config/smoke.yaml"]


def snakemake(folder: Path, *arguments: str, python: Path | None = None) -> subprocess.CompletedProcess:
    """Runs snakemake as a user would, but by a warm Python if none is given; its whole output is in `stdout`."""
    python = Path(python or warm_python())
    command = [str(python), "-m", "snakemake", "--cores", "2", *arguments]
    environment = os.environ | {"PATH": f"{python.parent}:{os.environ['PATH']}"}
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    return subprocess.run(command, cwd=folder, env=environment, encoding="utf-8", **streams)


def overlay(folder, text: str) -> list[str]:
    """The arguments of a smoke run with some keys changed."""
    (folder / "overlay.yaml").write_text(text, encoding="utf-8")
    return [*SMOKE, str(folder / "overlay.yaml")]


def planned(folder, *arguments) -> dict[str, int]:
    """Rules that a dry run would run, with their number of jobs."""
    return jobs(snakemake(folder, "--dry-run", *arguments).stdout)
