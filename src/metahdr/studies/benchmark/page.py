"""The benchmark as Markdown, as a sheet of pictures, and as one HTML page."""

import math
from collections.abc import Sequence
from pathlib import Path
from textwrap import wrap

import numpy as np
import pandas as pd

from metahdr.evaluation.interval import with_interval
from metahdr.evaluation.predictions import prediction_name
from metahdr.evaluation.scores import NONE
from metahdr.images.files import read_hdr
from metahdr.registry import METHODS, METRICS
from metahdr.report.figures.figure import jpeg, sheet
from metahdr.report.light import STEEP, TOP, encode
from metahdr.report.results import in_scale
from metahdr.report.table import Entry, Row, Table, section, verdict
from metahdr.report.template import render
from metahdr.report.titles import short_title
from metahdr.scenes.scene import Scenes
from metahdr.studies.benchmark.scores import SETTINGS, Setting

SHOWN = 1  # stops darker than exposed, so that highlights show on the sheet
QUALITY = 88

# A scene's name, and title and picture of each column: linear light `(H, W, 3)`, 1.0 where the exposure clips.
Pictures = tuple[str, list[tuple[str, np.ndarray]]]


def tables(summary: pd.DataFrame) -> list[Table]:
    """The table of each setting in a benchmark's summary."""
    return [_table(SETTINGS[name], rows) for name, rows in summary.groupby("setting", sort=False)]


def _table(setting: Setting, summary: pd.DataFrame) -> Table:
    """Columns of metrics that were not computed are left out."""
    found = {(row.method, row.mode, row.metric, row.region): row for row in summary.itertuples()}
    cells = dict.fromkeys(zip(summary.method, summary["mode"], strict=True))
    some = next(iter(cells))
    columns = [column for column in setting.columns if (*some, *column) in found]
    heads = [METRICS[metric].heading + ("" if region == "all" else f", {region}") for metric, region in columns]
    rows = [
        Row(short_title(method, NONE, mode), [_entry(found[method, mode, *column]) for column in columns])
        for method, mode in cells
    ]
    best = Row("best trivial", [Entry(METHODS[found[(*some, *column)].best].title) for column in columns])
    return Table(setting.title, [(head, "") for head in heads], [("", rows), ("", [best])], setting.text)


def _entry(row: tuple) -> Entry:
    if math.isnan(row.mean):
        return Entry()
    metric = METRICS[row.metric]
    entry = Entry(f"{row.mean:.{metric.decimals}f}", sort=row.mean)
    if METHODS[row.method].trivial or math.isnan(row.lead_low):
        return entry
    return entry._replace(
        difference=with_interval(row.lead, row.lead_low, row.lead_high, metric.decimals),
        verdict=verdict(metric, row.lead_low, row.lead_high),
    )


def note(confidence: float) -> str:
    """What the numbers of the tables are."""
    return (
        f"Means over scenes; beside them the lead over the best trivial method with its {confidence:.0%} interval "
        "over places, bold or coloured where that excludes 0."
    )


def write_markdown(tables: Sequence[Table], cards: Sequence[Table], confidence: float) -> str:
    """The tables as Markdown."""
    parts = [section(table, 2, "---:") for table in (*tables, *cards)]
    return "\n\n".join([*parts[: len(tables)], note(confidence), *parts[len(tables) :]]) + "\n"


def pictures(
    scenes: Scenes, names: Sequence[str], folder: Path, cells: Sequence[tuple[str, str]]
) -> list[Pictures]:
    """The middle exposure of some scenes, the truth, and what methods made of the exposure or of the bracket.

    Args:
        names: of the scenes.
        folder: with `METHOD/predictions/`.
        cells: method and mode.
    """
    titles = ["middle exposure", "truth", *(short_title(method, NONE, mode) for method, mode in cells)]
    rows = []
    for scene in map(scenes.named, names):
        ev = min(scene.evs, key=abs)
        files = [
            f"{method}/predictions/{scene.chunk}/{prediction_name(scene.name, ev, mode)}" for method, mode in cells
        ]
        exposure, *made, truth = in_scale(scene, ev, [read_hdr(folder / file) for file in files])
        rows.append((scene.name, list(zip(titles, [exposure, truth, *made], strict=True))))
    return rows


def picture_sheet(rows: Sequence[Pictures]) -> str:
    """`pictures` a stop darker than exposed, as SVG."""
    heads = ["\n".join(wrap(title, 18)) for title, _ in rows[0][1]]
    return sheet(heads, [(name, [light * 2.0**-SHOWN for _, light in shown]) for name, shown in rows])


def write_page(
    tables: Sequence[Table],
    rows: Sequence[Sequence[Pictures]],
    cards: Sequence[Table],
    confidence: float,
    made: dict[str, str],
) -> str:
    """The page: every setting's table, and its pictures with a control of the exposure.

    Args:
        rows: `pictures` of each setting.
        cards: what methods take, and how they were trained.
        made: facts of the run by their names, such as the commit.
    """
    shown = [
        [(name, [(title, jpeg(encode(light, TOP), QUALITY)) for title, light in each]) for name, each in part]
        for part in rows
    ]
    return render(
        Path(__file__).with_name("benchmark.html"),
        tables=list(zip(tables, shown, strict=True)),
        note=note(confidence),
        cards=cards,
        made=made,
        steep=STEEP,
        top=TOP,
    )
