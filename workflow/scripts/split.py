"""Join the chunks' tables and split the scenes by place, in one fold."""

import json
from pathlib import Path

from metahdr.config.split import Split
from metahdr.scenes.split import scenes_table
from metahdr.tables import read_table, write_table
from metahdr.workflow.folders import DatasetFolder
from metahdr.workflow.script import run


def main(manifest: Path, settings: Split, seed: int, fold: int, out: Path) -> None:
    """`manifest`: JSON with place and chunk of every source; the tables are scenes/CHUNK.csv beside it."""
    sources = json.loads(manifest.read_text(encoding="utf-8"))
    places = {name: source["place"] for name, source in sources.items()}
    chunks = sorted({source["chunk"] for source in sources.values()})
    tables = [
        read_table(DatasetFolder(manifest.parent).scenes_table(chunk)).assign(chunk=chunk) for chunk in chunks
    ]
    write_table(out, scenes_table(tables, places, settings, seed, fold))


if __name__ == "__main__":
    run(main)
