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
    ldr = {float(ev): file for ev, file in source.get("ldr", {}).items()}  # JSON knows keys as text alone
    files = Source(**source | {"ldr": ldr, "bracket": tuple(source.get("bracket", ()))})
    hdrs, exposures, rows = prepare_source(name, files, folder, kind, settings)
    with atomic_write(hdr) as part:
        np.save(part, hdrs)
    with atomic_write(own) as part:
        np.save(part, exposures)
    write_table(table, rows)


if __name__ == "__main__":
    run(main)
