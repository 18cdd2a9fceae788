"""Make the moving brackets of one chunk's scenes."""

import json
from pathlib import Path

import numpy as np

from metahdr.config.expose import Expose
from metahdr.config.motion import Motion
from metahdr.config.prepare import Prepare
from metahdr.datasets.layouts import Source
from metahdr.datasets.raw import check_registered
from metahdr.images.files import read_hdr, repair
from metahdr.registry import LAYOUTS, LayoutName
from metahdr.scenes.moving import move_source
from metahdr.scenes.scene import Scenes
from metahdr.tables import read_table, write_table
from metahdr.training.progress import track
from metahdr.workflow.script import run


def main(
    retrieved: Path,
    data: Path,
    chunk: str,
    folder: Path,
    kind: LayoutName,
    prepare: Prepare,
    motion: Motion,
    camera: Expose,
    seed: int,
    scenes: Path,
    exposures: Path,
    moved: Path,
    exposures_table: Path,
) -> None:
    """`retrieved`: JSON of the chunk's sources, whose files lie in `folder`; `data`: of one fold; `scenes`,
    `exposures`, `moved`: folders of arrays that are written; `exposures_table`: of the chunk."""
    for path in (scenes, exposures, moved):
        path.mkdir(parents=True, exist_ok=True)
    still = Scenes(data, None, chunk)
    lenders = {split: Scenes(data, split) for split in set(still.table.split)}
    seen_through = LAYOUTS[kind].panoramas and prepare.normalise == "none"
    sources, names = json.loads(retrieved.read_text(encoding="utf-8")), set(still.table.source)
    for name in track(sorted(names), "move", len(names)):
        source, panorama = Source.of(sources[name]), None
        if seen_through:
            check_registered(folder / source.hdr, sources[name]["sha256"][source.hdr])
            panorama, _ = repair(read_hdr(folder / source.hdr), prepare.max_repaired)
        own = source.brings_exposures
        brackets = move_source(name, still, lenders, panorama, own, prepare, motion, camera, seed)
        np.save(exposures / f"{name}.npy", brackets.exposures)
        np.save(scenes / f"{name}.npy", brackets.truth)
        np.save(moved / f"{name}.npy", brackets.moved)
    table = read_table(still.dataset.exposures_table(chunk))
    write_table(exposures_table, table.assign(metering=0.0))  # the truth has it already


if __name__ == "__main__":
    run(main)
