"""Render the exposures of one source's scenes."""

from pathlib import Path

import numpy as np

from metahdr.camera.bracket import expose_scenes
from metahdr.config.expose import Expose
from metahdr.files import atomic_write
from metahdr.script import run
from metahdr.tables import read_table, write_table


def main(
    hdr: Path, own: Path, table: Path, settings: Expose, seed: int, exposures: Path, exposures_table: Path
) -> None:
    scenes = read_table(table)
    names = scenes.loc[scenes.kept, "scene"].tolist()
    images, rows = expose_scenes(names, np.load(hdr), np.load(own), settings, seed)
    with atomic_write(exposures) as part:
        np.save(part, images)
    write_table(exposures_table, rows)


if __name__ == "__main__":
    run(main)
