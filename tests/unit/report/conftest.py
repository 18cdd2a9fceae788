"""A run's results folder with predictions, histories and scores made up, so that the right page is known."""

import shutil
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from metahdr.evaluation.predictions import prediction_name
from metahdr.evaluation.scores import COLUMNS
from metahdr.evaluation.summary import summarise
from metahdr.images.files import write_exr
from metahdr.report.page import make_figures, write_page
from metahdr.report.results import Cell, Results
from metahdr.scenes.scene import Scenes
from metahdr.tables import read_table, write_table

# Every cell's PSNR; the other metrics follow it. With the same inputs as adapted_simulated, Debevec's is the best.
VALUES = {
    Cell("ldr", "none", "single"): 12.0,
    Cell("gamma_2", "none", "single"): 16.0,
    Cell("debevec", "none", "stack"): 30.0,
    Cell("debevec_all", "none", "stack"): 40.0,
    Cell("metahdr", "simulated", "single"): 20.0,
    Cell("metahdr", "simulated", "adapted_simulated"): 22.0,
    Cell("metahdr", "simulated", "adapted_true"): 23.0,
    Cell("joint", "simulated", "single"): 20.05,
    Cell("joint", "simulated", "adapted_simulated"): 22.05,
}
SEED_SPREAD = 0.2  # of the PSNR, between seeds 0 and 1
MEASURED = [("psnr", "plain"), ("ssim", "plain"), ("pu21_psnr", "plain"), ("pu21_psnr", "crf")]
DATASET = {
    "name": "tiny",
    "title": "T",
    "version": "1",
    "citation": "C",
    "licence": "L",
    "homepage": "https://h.org",
}
DATASET |= {"files": [{"name": "f.exr", "sha256": "0" * 64}]}
ORIGIN = {
    "commit": "0123456789abcdef",
    "label models": "hdrcnn.safetensors, sha256 12ab",
    "uncommitted changes": True,
    "networks' code": {"fold0/metahdr/true/seed0/best": "c0de" * 16, "fold0/joint/true/seed0/best": "beef" * 16},
    "made": "2021-01-01",
    "machine": "M",
    "device": "CPU",
    "python": "3.11",
    "libraries": {"torch": "2"},
    "stages": {
        "label": {"jobs": 1, "seconds": 1.5, "longest": 1.5, "megabytes": None},
        "score": {"jobs": 2, "seconds": 3.2, "longest": 2.2, "megabytes": 310.4},
    },
}


@pytest.fixture(scope="session")
def make_run(results, tmp_path_factory):
    """Makes a results folder with two test places; `values` replaces those of some cells."""

    def make(values: dict[Cell, float] | None = None) -> Path:
        data = tmp_path_factory.mktemp("run") / "tiny"
        shutil.copytree(results.parent, data)
        table = read_table(data / "fold0" / "scenes.csv")
        table.loc[table.source.isin(["dunes", "field"]), "split"] = "test"
        table.loc[~table.source.isin(["dunes", "field"]), "split"] = "train"
        write_table(data / "fold0" / "scenes.csv", table)
        _write_predictions(data)
        scores = _scores(Scenes(data / "fold0", "test"), VALUES | (values or {}))
        write_table(data / "scores.csv", scores)
        write_table(data / "summary.csv", summarise(read_table(data / "scores.csv"), 0.95))
        return data

    return make


def _folder(cell: Cell, seed: int) -> str:
    return (
        f"methods/{cell.method}"
        if cell.label_source == "none"
        else f"{cell.method}/{cell.label_source}/seed{seed}"
    )


def _write_predictions(data: Path) -> None:
    """The truth, somewhat brighter from cell to cell; and a history of every training."""
    for scene, (number, cell), seed in product(Scenes(data / "fold0", "test"), enumerate(VALUES), (0, 1)):
        folder = data / "fold0" / _folder(cell, seed) / "predictions"
        for ev in scene.evs:
            image = scene.hdr.numpy().transpose(1, 2, 0) * (1 + number / 10)
            write_exr(folder / scene.chunk / prediction_name(scene.name, ev, cell.mode), image)
        if cell.label_source != "none":
            history = {"iteration": [1, 2], "meta_loss": [1.0, 0.5]}
            names = product(("ssim", "psnr"), ("single", "adapted"))
            history |= {f"{metric}_{mode}": [None, 0.5] for metric, mode in names}
            write_table(folder.parent / "history.csv", pd.DataFrame(history))


def _scores(scenes: Scenes, values: dict[Cell, float]) -> pd.DataFrame:
    """Images differ, places differ a little, seeds by `SEED_SPREAD`; differences of cells are nearly the same."""
    rng, rows = np.random.default_rng(0), []
    for scene, cell in product(scenes, values):
        for ev, seed in product(scene.evs, ["none"] if cell.label_source == "none" else ["0", "1"]):
            value = values[cell] + ev / 2 + (scene.place == "dunes") + 0.01 * rng.normal()
            value += SEED_SPREAD * (seed == "1")
            row = {"scene": scene.name, "source": scene.source, "place": scene.place, "fold": 0, "ev": ev}
            row |= {**cell._asdict(), "seed": seed, "region": "all", "failed": None}
            row |= {"cd_m2": 400.0, "display": "standard_hdr_linear", "ppd": 40.0}
            for metric, alignment in MEASURED:
                scaled = value / 50 if metric == "ssim" else value
                rows.append(row | {"metric": metric, "alignment": alignment, "value": scaled})
    return pd.DataFrame(rows, columns=COLUMNS)


@pytest.fixture(scope="session")
def data(make_run) -> Path:
    return make_run()


@pytest.fixture(scope="session")
def steps(data) -> pd.DataFrame:
    scenes = Scenes(data / "fold0", "test")
    rows = product(scenes, range(11), ("ssim", "psnr"))
    columns = ["scene", "place", "ev", "step", "metric", "value"]
    return pd.DataFrame(
        [(s.name, s.place, 0.0, step, metric, step / 10) for s, step, metric in rows], columns=columns
    )


@pytest.fixture(scope="session")
def figures(data, steps):
    return make_figures(Results(data, 0.95), steps)


@pytest.fixture(scope="session")
def page(data, figures, write) -> str:
    return write(data, figures, "seed: 0 # <b>mine</b>\n")


@pytest.fixture(scope="session")
def write():
    """Writes the page of a results folder without drawing figures again."""

    def page(data: Path, figures, config: str = "", **origin) -> str:
        return write_page(Results(data, 0.95), figures, config, DATASET, ORIGIN | origin)

    return page
