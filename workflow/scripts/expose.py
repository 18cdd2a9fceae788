"""Render the exposures of one chunk's scenes."""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from metahdr.camera.emor import read_emor
from metahdr.config.expose import Expose
from metahdr.scenes.exposures import expose_scenes
from metahdr.tables import read_table, write_table
from metahdr.training.progress import track
from metahdr.workflow.script import run


def main(
    retrieved: Path,
    hdr: Path,
    own: Path,
    table: Path,
    settings: Expose,
    seed: int,
    exposures: Path,
    exposures_table: Path,
    curves: Path,
    emor: Path | None = None,
) -> None:
    """`retrieved`: JSON with the place of each of the chunk's sources; `hdr`, `own`, `exposures`, `curves`:
    folders of arrays; `table`, `exposures_table`: of the chunk; `emor`: the file of measured response curves."""
    places = {name: entry["place"] for name, entry in json.loads(retrieved.read_text(encoding="utf-8")).items()}
    scenes = read_table(table)
    scenes = scenes[scenes.kept.astype(bool)]
    model = read_emor(emor) if emor else None
    tables = []
    for path in (exposures, curves):
        path.mkdir(parents=True, exist_ok=True)
    for source, place in track(places.items(), "expose", len(places)):
        rows = scenes[scenes.source == source]
        names = rows.scene.tolist()
        evs = [float(ev) for ev in rows.evs.iloc[0].split()] if names and rows.evs.notna().any() else None
        arrays = [np.load(folder / f"{source}.npy") for folder in (hdr, own)]
        images, taken, responses = expose_scenes(names, *arrays, settings, seed, place, model, evs)
        np.save(exposures / f"{source}.npy", images)
        np.save(curves / f"{source}.npy", responses)
        tables.append(taken)
    write_table(exposures_table, pd.concat(tables, ignore_index=True))


if __name__ == "__main__":
    run(main)
