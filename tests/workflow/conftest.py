"""A checkout of the project in an empty folder, and copies of one finished smoke run."""

import shutil
from pathlib import Path

import pytest
from checkout import check_out
from filelock import FileLock
from runs import SMOKE, snakemake


@pytest.fixture(scope="session")
def checkout(tmp_path_factory) -> Path:
    return check_out(tmp_path_factory.mktemp("a checkout"))


@pytest.fixture(scope="session")
def finished(tmp_path_factory, request) -> Path:
    """A checkout after a smoke run on the real panoramas, made once for all workers of pytest-xdist.

    Nothing is changed in it.
    """
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if hasattr(request.config, "workerinput") else base
    folder, log = shared / "a smoke run", shared / "smoke.log"
    with FileLock(shared / "smoke.lock"):
        if not log.exists():
            folder.mkdir()
            result = snakemake(check_out(folder), *SMOKE)
            log.write_text(f"{result.returncode}\n{result.stdout}", encoding="utf-8")
    status, _, said = log.read_text(encoding="utf-8").partition("\n")
    assert status == "0", said[-4000:]
    return folder


@pytest.fixture(scope="module")
def smoke(finished, tmp_path_factory) -> Path:
    """The module's own copy of the finished smoke run."""
    return shutil.copytree(finished, tmp_path_factory.mktemp("smoke") / "a checkout", symlinks=True)
