"""The scene browser's data: HDR pictures, small enough to stand inside the page."""

import json

import numpy as np

from metahdr.config.score import METAHDR
from metahdr.evaluation.scores import NONE
from metahdr.report.figures.figure import jpeg, shrink
from metahdr.report.light import STEEP, TOP, encode
from metahdr.report.results import Cell, Results, input_of, metric_of, truth_of
from metahdr.report.tables import number
from metahdr.report.titles import detail_title, short_title

SIDE, SMALLEST = 128, 32  # longest side of a picture in pixels
BUDGET = 9_000_000  # characters of all pictures; where they would be more, pictures get smaller
CELLS = 14  # methods and modes, most important first
QUALITY = 85
INPUT = "ldr"  # the method that changes nothing; the browser has the input by itself


def browser_data(results: Results) -> str:
    """JSON: the cells, and for every test scene its truth and exposures with their reconstructions."""
    cells, side = shown_cells(results), SIDE
    while True:
        scenes = [_scene(results, name, cells, side) for name in results.scenes]
        size = len(json.dumps(scenes))
        if size <= BUDGET or side <= SMALLEST:
            break
        side = max(SMALLEST, int(side * (BUDGET / size) ** 0.6) // 8 * 8)
    data = {
        "steep": STEEP,
        "cells": [
            {"title": short_title(*cell), "detail": detail_title(cell.label_source, cell.mode)} for cell in cells
        ],
        "main": cells.index(results.main),
        "scenes": scenes,
    }
    return json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")


def shown_cells(results: Results) -> list[Cell]:
    """The main cell and its single shot, other trainings, the best baselines, further baselines."""
    networks = [cell for cell in results.cells if cell.label_source != NONE]
    trained = [cell for cell in networks if cell.mode in ("single", f"adapted_{cell.label_source}")]
    trained.sort(key=lambda cell: (cell.label_source != results.main.label_source, cell.method != METAHDR))
    best = [results.best(cell, column) for cell in [results.main, *trained] for column in results.first_columns]
    others = [cell for cell in results.cells if cell.label_source == NONE]
    wanted = [results.main, results.single, *filter(None, best), *trained, *others]
    known = [cell for cell in dict.fromkeys(wanted) if cell in results.cells and cell.method != INPUT][:CELLS]
    return [cell for cell in results.cells if cell in known]


def _scene(results: Results, name: str, cells: list[Cell], side: int) -> dict:
    scene = results.scene(name)
    truth = truth_of(scene)
    top = float(np.clip(truth.max(), 1, TOP))
    values = {cell: results.values(cell, results.ranking).xs(name, level="scene") for cell in cells}
    place = values[results.main].index.get_level_values("place")[0]
    metric = metric_of(results.ranking)
    gain = (values[results.main] - values[results.single]).mean() if results.single in values else np.nan
    exposures = []
    for ev, stops in zip(scene.evs, scene.stops, strict=True):
        images = [results.prediction(cell, scene, ev) for cell in cells]
        exposures.append(
            {
                "ev": f"{ev:+g}",
                "stops": float(stops),
                "input": jpeg(shrink(input_of(scene, ev), side), QUALITY),
                "pictures": [None if i is None else jpeg(encode(shrink(i, side), top), QUALITY) for i in images],
                "values": [number(metric, values[cell].get((place, ev), np.nan)) for cell in cells],
            }
        )
    return {
        "name": name,
        "top": top,
        "gain": number(metric, gain, "+"),
        "truth": jpeg(encode(shrink(truth, side), top), QUALITY),
        "exposures": exposures,
    }
