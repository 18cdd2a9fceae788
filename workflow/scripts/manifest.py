"""Write down the raw files, the place and the chunk of every source, for scripts that take several sources."""

import json
from pathlib import Path

from metahdr.datasets.chunks import chunks
from metahdr.datasets.layouts import find_sources
from metahdr.datasets.register import find_dataset
from metahdr.files import write_text
from metahdr.registry import LayoutName
from metahdr.workflow.script import run


def main(register: Path, dataset: str, kind: LayoutName, chunk: int, out: Path) -> None:
    """`chunk`: most sources in one, on average."""
    entry = find_dataset(register, dataset)
    places, found = entry.places(), find_sources(kind, entry.names)
    chunk_of = {name: chunk for chunk, names in chunks(found, chunk).items() for name in names}
    sources = {
        name: vars(source) | {"place": places[name], "chunk": chunk_of[name]} for name, source in found.items()
    }
    write_text(out, json.dumps(sources, indent=1) + "\n")


if __name__ == "__main__":
    run(main)
