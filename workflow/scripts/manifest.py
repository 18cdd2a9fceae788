"""Write down the raw files of every source, for scripts that take all sources."""

import json
from pathlib import Path

from metahdr.datasets.layouts import find_sources
from metahdr.datasets.register import find_dataset
from metahdr.files import atomic_write
from metahdr.script import run


def main(register: Path, dataset: str, out: Path) -> None:
    entry = find_dataset(register, dataset)
    sources = find_sources(entry.kind, entry.names)
    with atomic_write(out) as part:
        part.write_text(json.dumps({name: vars(source) for name, source in sources.items()}, indent=1) + "\n")


if __name__ == "__main__":
    run(main)
