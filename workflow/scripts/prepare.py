"""Make the scenes of one source: views or crops, repaired, filtered and metered."""

from pathlib import Path

import numpy as np

from metahdr.config.prepare import Prepare
from metahdr.datasets.layouts import Source
from metahdr.files import atomic_write
from metahdr.prepare import prepare_source
from metahdr.script import run
from metahdr.tables import write_table


def main(
    name: str, source: dict, kind: str, settings: Prepare, folder: Path, hdr: Path, own: Path, table: Path
) -> None:
    files = Source(source["hdr"], {float(ev): name for ev, name in source["ldr"].items()})
    hdrs, exposures, rows = prepare_source(name, files, folder, kind, settings)
    with atomic_write(hdr) as part:
        np.save(part, hdrs)
    with atomic_write(own) as part:
        np.save(part, exposures)
    write_table(table, rows)


if __name__ == "__main__":
    run(main)
