"""Join the sources' tables and split the scenes by place, in one fold."""

import json
from pathlib import Path

from metahdr.config.split import Split
from metahdr.datasets.split import scenes_table
from metahdr.script import run
from metahdr.tables import read_table, write_table


def main(manifest: Path, settings: Split, seed: int, fold: int, out: Path) -> None:
    """`manifest`: JSON with a key for every source and its place; the tables are scenes/SOURCE.csv beside it."""
    places = {name: source["place"] for name, source in json.loads(manifest.read_text()).items()}
    tables = [read_table(manifest.parent / "scenes" / f"{name}.csv") for name in places]
    write_table(out, scenes_table(tables, places, settings, seed, fold))


if __name__ == "__main__":
    run(main)
