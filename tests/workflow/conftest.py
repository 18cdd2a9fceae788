"""A checkout of the project in an empty folder, and one smoke run in it that all workflow tests look at."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from checkout import check_out

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
    output = snakemake(folder, "--dry-run", *arguments).stdout
    table = output.partition("Job stats:")[2].partition("total")[0]
    return {name: int(count) for name, count in re.findall(r"^(\w+) +(\d+)$", table, re.MULTILINE)}


@pytest.fixture(scope="session")
def checkout(tmp_path_factory) -> Path:
    return check_out(tmp_path_factory.mktemp("a checkout"))


@pytest.fixture(scope="session")
def smoke(checkout) -> Path:
    """The checkout after a smoke run on the real panoramas."""
    result = snakemake(checkout, *SMOKE)
    assert result.returncode == 0, result.stdout[-4000:]
    return checkout
