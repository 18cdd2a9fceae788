"""Join the sources' tables and split the scenes by source."""

from pathlib import Path

from metahdr.config.split import Split
from metahdr.datasets.split import scenes_table
from metahdr.files import atomic_write
from metahdr.script import run
from metahdr.tables import read_table


def main(tables: list[Path], settings: Split, seed: int, out: Path) -> None:
    scenes = scenes_table([read_table(table) for table in tables], settings.shares, seed, settings.fixed)
    with atomic_write(out) as part:
        scenes.to_csv(part, index=False)


if __name__ == "__main__":
    run(main)
