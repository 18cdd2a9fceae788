"""Join the sources' tables and split the scenes by source."""

import json
from pathlib import Path

from metahdr.config.split import Split
from metahdr.datasets.split import scenes_table
from metahdr.script import run
from metahdr.tables import read_table, write_table


def main(manifest: Path, settings: Split, seed: int, out: Path) -> None:
    """`manifest`: JSON with a key for every source; the tables are scenes/SOURCE.csv beside it."""
    tables = [read_table(manifest.parent / "scenes" / f"{name}.csv") for name in json.loads(manifest.read_text())]
    scenes = scenes_table(tables, settings.shares, seed, settings.fixed)
    write_table(out, scenes)


if __name__ == "__main__":
    run(main)
