"""Write down the raw files and the place of every source, for scripts that take all sources."""

import json
from pathlib import Path

from metahdr.datasets.layouts import find_sources
from metahdr.datasets.register import find_dataset
from metahdr.files import atomic_write
from metahdr.script import run


def main(register: Path, dataset: str, out: Path) -> None:
    entry = find_dataset(register, dataset)
    places = entry.places()
    sources = {
        name: vars(source) | {"place": places[name]}
        for name, source in find_sources(entry.kind, entry.names).items()
    }
    with atomic_write(out) as part:
        part.write_text(json.dumps(sources, indent=1) + "\n")


if __name__ == "__main__":
    run(main)
