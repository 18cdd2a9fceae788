"""The `hdr` judgement as Markdown and pictures: every arm of every task, the bars, queries chosen by rule."""

import math
from collections.abc import Iterable
from pathlib import Path

import pandas as pd
import torch

from metahdr.evaluation.bars import Bar, Measured, bars, measure_bar
from metahdr.evaluation.comparison import compare
from metahdr.evaluation.hdr import ALONE, SATURATION, TRUTH
from metahdr.evaluation.judge import evenly
from metahdr.evaluation.opencv import OpenCVMerge
from metahdr.methods.base import Method
from metahdr.registry import METHODS, METRICS
from metahdr.report.sheet import sheet
from metahdr.scenes.scene import Scenes

SHOWN = 3  # stops darker than exposed: what clipping took away becomes visible

COLUMNS = {
    ("pu21_psnr", "crf", "all"): "PU21-PSNR / dB, crf",
    ("pu21_psnr", "plain", "all"): "plain",
    ("cvvdp", "crf", "all"): "JOD, crf",
    ("cvvdp", "plain", "all"): "plain",
    ("log_rmse", "plain", "all"): "log RMSE / stops",
    ("log_rmse", "plain", "clipped"): "where clipped",
    ("log_rmse", "plain", "unclipped"): "elsewhere",
    (SATURATION, "plain", "white"): "saturation of white pixels",
}
TASKS = {
    "single": "One exposure",
    "place": "One exposure, with brackets of other views of the place",
    "scene": "One exposure, with the others of its view",
    "bracket": "A bracket",
}
ARMS = {
    TRUTH: "truth",
    ALONE: "alone: our single shot",
    "camera_linear": "response of one bracket, no network",
    "camera": "ours, response of one bracket",
    "linear": "calibrated response, no network",
    "calibrated": "ours, calibrated response",
    "adapted": "ours, adapted",
    "fine_tuned": "ours, fine-tuned",
    "merge": "merge of the others",
    OpenCVMerge.name: OpenCVMerge.title,
}


def summarise(rows: pd.DataFrame, ours: str, confidence: float) -> pd.DataFrame:
    """Means and their paired differences from one arm of the task, with intervals over places.

    Returns:
        `compare` of each task, over all exposures (ev missing) and for each, with columns task, ev and reference,
        the arm from which the differences are. The truth has only its saturation.
    """
    parts = []
    for task, of_task in rows.groupby("task", sort=False):
        arms = set(of_task.method)
        wanted = [ours, "calibrated", ALONE, "debevec_all"] if task != "scene" else [ALONE]
        reference = next(arm for arm in [*wanted, *arms] if arm in arms)
        groups = [(math.nan, of_task), *of_task.groupby("ev")] if task != "bracket" else [(math.nan, of_task)]
        for ev, group in groups:
            for coloured in (False, True):
                part = group[(group.metric == SATURATION) == coloured]
                if len(part):
                    difference = {"difference": lambda cell, arm=reference: cell._replace(method=arm)}
                    table = compare(part, ["method"], "place", difference, confidence)
                    parts.append(table.assign(task=task, ev=ev, reference=reference))
    return pd.concat(parts, ignore_index=True)


def tables(summary: pd.DataFrame, confidence: float) -> str:
    """Every task's table with differences, and for single queries one for each EV without."""
    parts = []
    for task, title in TASKS.items():
        of_task = summary[summary.task == task]
        if of_task.empty:
            continue
        reference = _title(of_task.reference.iloc[0])
        parts += [f"### {title}", f"Differences from: {reference}.", _table(of_task[of_task.ev.isna()], True)]
        for ev, at_ev in of_task.groupby("ev"):
            parts += [f"#### EV {ev:+g}", _table(at_ev, False)]
    parts.append(
        f"Means over scenes and exposures; behind them paired differences, with {confidence:.0%} intervals over "
        "places. A mean of pixels that are clipped or white is over the queries that have such pixels."
    )
    return "\n\n".join(parts) + "\n"


def _table(summary: pd.DataFrame, differences: bool) -> str:
    lines = [_line(["", *COLUMNS.values()]), _line(["---", *["---:"] * len(COLUMNS)])]
    cells = {(row.method, (row.metric, row.alignment, row.region)): row for row in summary.itertuples()}
    for arm in dict.fromkeys(summary.method):
        numbers = [_cell(cells.get((arm, column)), column[0], differences) for column in COLUMNS]
        lines.append(_line([_title(arm), *numbers]))
    return "\n".join(lines)


def _cell(row, metric: str, differences: bool) -> str:
    if row is None or math.isnan(row.mean):
        return ""
    decimals = 2 if metric == SATURATION else METRICS[metric].decimals
    mean = f"{row.mean:.{decimals}f}"
    if not differences or row.method == row.reference:
        return mean
    low, high = (f"{end:+.{decimals}f}" for end in (row.difference_low, row.difference_high))
    interval = "" if math.isnan(row.difference_low) else f" [{low}, {high}]"
    return f"{mean} ({row.difference:+.{decimals}f}{interval})"


def _title(arm: str) -> str:
    return ARMS[arm] if arm in ARMS else METHODS[arm].title


def bars_table(rows: pd.DataFrame, ours: str, bracket: str, confidence: float) -> str:
    """Every bar, what was measured, and whether it is met."""
    asked = bars(ours, bracket, sorted(rows.ev[rows.task == "single"].unique()))
    measured = [(bar, measure_bar(rows, bar, confidence)) for bar in asked]
    head = ["bar", "measured", "interval", "queries", "asked", "met"]
    lines = [_line(head), _line(["---", "---:", "---", "---:", "---", "---"])]
    lines += [_line(_bar(bar, found)) for bar, found in measured]
    met = [found.met for _, found in measured if found.met is not None]
    lines += [
        "",
        f"{sum(met)} of {len(met)} bars that were measured are met. Intervals: {confidence:.0%}, over places.",
    ]
    return "\n".join(lines) + "\n"


def _bar(bar: Bar, found: Measured) -> list[str]:
    name = COLUMNS.get((bar.metric, bar.alignment, bar.region), "")
    measure = METRICS[bar.metric].heading if bar.metric in METRICS else "HSV saturation"
    what = f"{measure}, {bar.alignment}, {bar.region}" if bar.metric in METRICS else name
    text = f"{bar.text} ({what})"
    asked = " and ".join(_asked(bar))
    if found.met is None:
        return [text, "not measured", "", "", asked, ""]
    sign = "+" if bar.kind == "difference" else ""
    times = "" if bar.kind == "difference" else "× "
    interval = "" if math.isnan(found.low) else f"[{found.low:{sign}.3f}, {found.high:{sign}.3f}]"
    number = f"{times}{found.value:{sign}.3f}"
    return [text, number, interval, str(found.count), asked, "yes" if found.met else "**no**"]


def _asked(bar: Bar) -> Iterable[str]:
    if math.isfinite(bar.least):
        yield f"≥ {bar.least:g}"
    if math.isfinite(bar.most):
        yield f"≤ {bar.most:g}"
    if bar.excludes is not None:
        yield f"the interval without {bar.excludes:g}"


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def choose(rows: pd.DataFrame, ours: str, count: int) -> list[tuple[str, float]]:
    """Queries that are shown, by scene and EV: from our worst JOD to our best, evenly spaced in rank.

    They are chosen among the single exposures with at least 1 % of their pixels clipped; in the others there is
    nothing to see.
    """
    mine = rows[(rows.task == "single") & (rows.method == ours) & (rows.clipped >= 0.01)]
    mine = mine[(mine.metric == "cvvdp") & (mine.alignment == "crf")]
    return evenly(mine.set_index(["scene", "ev"]).value, count)


@torch.no_grad()
def pictures(path: Path, scenes: Scenes, queries: list[tuple[str, float]], methods: list[Method]) -> None:
    """Input, reconstructions and truth of some queries, three stops darker than exposed, as PNG."""
    names, shown = list(scenes.table.scene), []
    for name, ev in queries:
        scene = scenes[names.index(name)]
        index = scene.evs.index(ev)
        x, stops = scene.ldr[index : index + 1], scene.stops[index : index + 1]
        images = [method.reconstruct(x, stops)[0] for method in methods]
        scale = 2.0 ** (stops[0] - SHOWN)
        images = [x[0] ** 2.2 * 2.0**-SHOWN, *(image * scale for image in (*images, scene.hdr))]
        shown.append((f"{name}\nEV {ev:+g}", [image.numpy().transpose(1, 2, 0) for image in images]))
    sheet(path, ["input", *(method.title for method in methods), "truth"], shown)
