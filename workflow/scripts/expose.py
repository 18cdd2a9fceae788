"""Render the exposures of one source's scenes."""

from pathlib import Path

import numpy as np

from metahdr.camera.bracket import expose_scenes
from metahdr.camera.emor import read_emor
from metahdr.config.expose import Expose
from metahdr.files import atomic_write
from metahdr.script import run
from metahdr.tables import read_table, write_table


def main(
    hdr: Path,
    own: Path,
    table: Path,
    settings: Expose,
    seed: int,
    exposures: Path,
    exposures_table: Path,
    curves: Path,
    place: str = "",
    emor: Path | None = None,
) -> None:
    """`place`: that the source shows; `emor`: the file of measured response curves."""
    scenes = read_table(table)
    scenes = scenes[scenes.kept.astype(bool)]
    names = scenes.scene.tolist()
    evs = [float(ev) for ev in scenes.evs.iloc[0].split()] if names and scenes.evs.notna().any() else None
    model = read_emor(emor) if emor else None
    images, rows, tables = expose_scenes(names, np.load(hdr), np.load(own), settings, seed, place, model, evs)
    for path, array in ((exposures, images), (curves, tables)):
        with atomic_write(path) as part:
            np.save(part, array)
    write_table(exposures_table, rows)


if __name__ == "__main__":
    run(main)
