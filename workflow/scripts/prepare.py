"""Make the scenes of one chunk's sources: views or crops, repaired, filtered and metered."""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from metahdr.config.prepare import Prepare
from metahdr.datasets.layouts import Source
from metahdr.datasets.raw import check_registered
from metahdr.registry import REPAIRS, LayoutName, RepairName
from metahdr.scenes.prepare import prepare_source
from metahdr.tables import write_table
from metahdr.training.progress import track
from metahdr.workflow.script import run


def main(
    retrieved: Path,
    kind: LayoutName,
    settings: Prepare,
    folder: Path,
    hdr: Path,
    own: Path,
    table: Path,
    repair: RepairName | None = None,
) -> None:
    """`retrieved`: JSON of the chunk's sources, whose files lie in `folder`; `hdr`, `own`: folders of arrays;
    `repair`: of sources that bring exposures, by name, so that a change of it makes no other source anew."""
    sources, rows = json.loads(retrieved.read_text(encoding="utf-8")), []
    repairer = REPAIRS[repair] if repair else None
    for path in (hdr, own):
        path.mkdir(parents=True, exist_ok=True)
    for name, entry in track(sources.items(), "prepare", len(sources)):
        for file, digest in entry["sha256"].items():
            check_registered(folder / file, digest)
        hdrs, exposures, scenes = prepare_source(name, Source.of(entry), folder, kind, settings, repairer)
        np.save(hdr / f"{name}.npy", hdrs)
        np.save(own / f"{name}.npy", exposures)
        rows.append(scenes)
    write_table(table, pd.concat(rows, ignore_index=True))


if __name__ == "__main__":
    run(main)
