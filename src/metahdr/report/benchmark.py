"""The benchmark as Markdown, as a sheet of pictures, and as one HTML page."""

import json
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from textwrap import wrap
from typing import NamedTuple

import numpy as np
import pandas as pd

from metahdr.evaluation.benchmark import TASKS, TRIVIAL
from metahdr.evaluation.predictions import prediction_name
from metahdr.images.files import read_hdr
from metahdr.metrics.metric import Metric
from metahdr.registry import METHODS, METRICS
from metahdr.report.browser import STEEP, TOP, encode
from metahdr.report.cards import CardTable
from metahdr.report.figures.figure import data_uri, jpeg
from metahdr.report.sheet import sheet
from metahdr.report.template import render
from metahdr.scenes.scene import Scene, Scenes
from metahdr.tables import read_table

SHOWN = 1  # stops darker than exposed, so that highlights show on the sheet
QUALITY = 88


class Entry(NamedTuple):
    """A cell of a table: the mean, its lead with the interval, and whether that is all `better` or all `worse`."""

    mean: str
    lead: str
    verdict: str


class Table(NamedTuple):
    """One task's table.

    Attributes:
        title, text: of the task.
        heads: of the columns.
        rows: title and entries of each method.
        best: title of the best trivial method in each column.
    """

    title: str
    text: str
    heads: list[str]
    rows: list[tuple[str, list[Entry]]]
    best: list[str]


class Picture(NamedTuple):
    """Linear light `(H, W, 3)`, 1.0 where the exposure clips, with the title of what made it."""

    title: str
    light: np.ndarray


def table(task: str, summary: pd.DataFrame) -> Table:
    """The table of a task; columns of metrics that were not computed are left out."""
    there = set(zip(summary.metric, summary.region, strict=True))
    columns = [column for column in TASKS[task].columns if column in there]
    found = {(row.method, row.mode, (row.metric, row.region)): row for row in summary.itertuples()}
    cells = dict.fromkeys(zip(summary.method, summary["mode"], strict=True))
    rows = [(_title(*cell), [_entry(found[(*cell, column)]) for column in columns]) for cell in cells]
    some = next(iter(cells))
    return Table(
        TASKS[task].title,
        TASKS[task].text,
        [METRICS[metric].heading + ("" if region == "all" else f", {region}") for metric, region in columns],
        rows,
        [METHODS[found[(*some, column)].best].title for column in columns],
    )


def read_tables(summary: Path) -> list[Table]:
    """The tables of a benchmark's `summary.csv`."""
    found = read_table(summary)
    return [table(task, found[found.task == task]) for task in TASKS]


def _title(method: str, mode: str) -> str:
    return METHODS[method].title + (", adapted" if mode.startswith("adapted") else "")


def _entry(row) -> Entry:
    if math.isnan(row.mean):
        return Entry("", "", "")
    metric = METRICS[row.metric]
    mean = f"{row.mean:.{metric.decimals}f}"
    if row.method in TRIVIAL or math.isnan(row.lead_low):
        return Entry(mean, "", "")
    return Entry(mean, *judged(metric, row.lead, row.lead_low, row.lead_high))


def judged(metric: Metric, lead: float, low: float, high: float) -> tuple[str, str]:
    """A lead with its interval as text, and whether that is all `better` or all `worse`; empty where neither."""
    lead_text, *ends = (f"{value:+.{metric.decimals}f}" for value in (lead, low, high))
    excludes = low > 0 or high < 0
    verdict = ("better" if metric.improves(lead) else "worse") if excludes else ""
    return f"{lead_text} [{', '.join(ends)}]", verdict


def note(confidence: float) -> str:
    """What the numbers of the tables are."""
    return (
        f"Means over scenes; beside them the lead over the best trivial method with its {confidence:.0%} interval "
        "over places, bold or coloured where that excludes 0."
    )


def write_markdown(tables: Sequence[Table], cards: Sequence[CardTable], confidence: float) -> str:
    """The tables as Markdown."""
    parts = []
    for each in tables:
        rows = [(title, map(_text, entries)) for title, entries in each.rows]
        parts += [f"## {each.title}", each.text, _table(each.heads, [*rows, ("*best trivial*", each.best)])]
    parts.append(note(confidence))
    for each in cards:
        parts += [f"## {each.title}", each.text, _table(each.heads, each.rows)]
    return "\n\n".join(parts) + "\n"


def _text(entry: Entry) -> str:
    lead = f"**{entry.lead}**" if entry.verdict else entry.lead
    return f"{entry.mean} ({lead})" if lead else entry.mean


def _table(heads: Sequence[str], rows: Iterable[tuple[str, Iterable[str]]]) -> str:
    lines = [["", *heads], ["---", *["---:"] * len(heads)], *([title, *cells] for title, cells in rows)]
    return "\n".join(map(_line, lines))


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def pictures(scenes: Scenes, names: Sequence[str], folder: Path, cells: Sequence[tuple[str, str]]) -> list:
    """The middle exposure of some scenes, the truth, and what methods made of the exposure or of the bracket.

    Args:
        names: of the scenes.
        folder: with `METHOD/predictions/`.
        cells: method and mode.

    Returns:
        Name and `Picture`s of each scene.
    """
    order = list(scenes.table.scene)
    return [(name, _of_scene(scenes[order.index(name)], folder, cells)) for name in names]


def _of_scene(scene: Scene, folder: Path, cells: Sequence[tuple[str, str]]) -> list[Picture]:
    index = min(range(len(scene.evs)), key=lambda i: abs(scene.evs[i]))
    scale = np.float32(2.0 ** scene.stops[index])
    shown = [Picture("middle exposure", scene.ldr[index].numpy().transpose(1, 2, 0) ** 2.2)]
    shown.append(Picture("truth", scene.hdr.numpy().transpose(1, 2, 0) * scale))
    for method, mode in cells:
        file = prediction_name(scene.name, scene.evs[index], mode)
        light = read_hdr(folder / method / "predictions" / scene.chunk / file)
        shown.append(Picture(_title(method, mode), light * scale))
    return shown


def write_sheet(path: Path, rows: list) -> None:
    """`pictures` a stop darker than exposed, as PNG."""
    titles = ["\n".join(wrap(picture.title, 18)) for picture in rows[0][1]]
    sheet(path, titles, [(name, [each.light * 2.0**-SHOWN for each in shown]) for name, shown in rows])


def _sources(rows: list) -> list:
    """`pictures` with an address of data in the place of light."""

    def source(picture: Picture) -> str:
        return data_uri(jpeg(encode(picture.light, TOP), QUALITY), "image/jpeg")

    return [(name, [(each.title, source(each)) for each in shown]) for name, shown in rows]


def write_page(
    tables: Sequence[Table],
    rows: Sequence[list],
    cards: Sequence[CardTable],
    confidence: float,
    made: dict[str, str],
) -> str:
    """The page: every task's table, and its pictures with a control of the exposure.

    Args:
        tables: of the tasks.
        rows: `pictures` of each task.
        cards: what methods take, and how they were trained.
        made: facts of the run by their names, such as the commit.
    """
    shown = [_sources(of_task) for of_task in rows]
    return render(
        "benchmark.html",
        tables=list(zip(tables, shown, strict=True)),
        note=note(confidence),
        cards=cards,
        made=made,
        scale=json.dumps({"steep": STEEP, "top": TOP}),
    )
