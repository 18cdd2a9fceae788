"""The study as Markdown and pictures: every arm of every setting, the criteria, queries chosen by rule."""

import math
from collections.abc import Iterable, Sequence

import pandas as pd

from metahdr.evaluation.comparison import compare
from metahdr.evaluation.examples import evenly
from metahdr.evaluation.interval import with_interval
from metahdr.methods.base import Method
from metahdr.registry import METHODS, METRICS
from metahdr.report.table import Entry, Row, Table, lines, section, text_table
from metahdr.scenes.scene import Scenes
from metahdr.studies.exposure import picture_sheet
from metahdr.studies.radiance.criteria import Criterion, Measured, criteria, measured
from metahdr.studies.radiance.opencv import OpenCVMerge
from metahdr.studies.radiance.scores import ALONE, SATURATION, TRUTH

DARKER = 3  # stops darker than exposed: what clipping took away becomes visible

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
SETTINGS = {
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
    "merge": "merge of the others",
    OpenCVMerge.name: OpenCVMerge.title,
}


def summarise(rows: pd.DataFrame, ours: str, confidence: float) -> pd.DataFrame:
    """Means and their paired differences from one arm of the setting, with intervals over places.

    Returns:
        `compare` of each setting, over all exposures (ev missing) and for each, with columns setting, ev and
        reference, the arm from which the differences are. The truth has only its saturation.
    """
    parts = []
    for setting, of_setting in rows.groupby("setting", sort=False):
        arms = set(of_setting.method)
        wanted = [ours, "calibrated", ALONE, "debevec_all"] if setting != "scene" else [ALONE]
        reference = next(arm for arm in [*wanted, *arms] if arm in arms)
        each_ev = of_setting.groupby("ev") if setting != "bracket" else []
        for ev, group in [(math.nan, of_setting), *each_ev]:
            for _, part in group.groupby(group.metric == SATURATION):  # which the truth has too, and nothing else
                table = compare(part, ["method"], {"difference": {"method": reference}}, confidence)
                parts.append(table.assign(setting=setting, ev=ev, reference=reference))
    return pd.concat(parts, ignore_index=True)


def tables(summary: pd.DataFrame, confidence: float) -> str:
    """Every setting's table with differences, and for single queries one for each EV without."""
    parts = []
    for setting, title in SETTINGS.items():
        of_setting = summary[summary.setting == setting]
        if of_setting.empty:
            continue
        text = f"Differences from: {_title(of_setting.reference.iloc[0])}."
        parts.append(section(_table(title, of_setting[of_setting.ev.isna()], text), 3, "---:"))
        for ev, at_ev in of_setting.groupby("ev"):
            parts.append(section(_table(f"EV {ev:+g}", at_ev), 4, "---:"))
    parts.append(
        f"Means over scenes and exposures; behind them paired differences, with {confidence:.0%} intervals over "
        "places. A mean of pixels that are clipped or white is over the queries that have such pixels."
    )
    return "\n\n".join(parts) + "\n"


def _table(title: str, summary: pd.DataFrame, text: str = "") -> Table:
    """The table of a setting; with a text, the differences from its reference too."""
    cells = {(row.method, (row.metric, row.alignment, row.region)): row for row in summary.itertuples()}
    rows = [
        Row(_title(arm), [_entry(cells.get((arm, column)), bool(text)) for column in COLUMNS])
        for arm in dict.fromkeys(summary.method)
    ]
    return Table(title, [(head, "") for head in COLUMNS.values()], [("", rows)], text)


def _entry(row: tuple | None, differences: bool) -> Entry:
    if row is None or math.isnan(row.mean):
        return Entry()
    decimals = 2 if row.metric == SATURATION else METRICS[row.metric].decimals
    difference = with_interval(row.difference, row.difference_low, row.difference_high, decimals)
    own = not differences or row.method == row.reference
    return Entry(f"{row.mean:.{decimals}f}", difference="" if own else difference)


def _title(arm: str) -> str:
    return ARMS[arm] if arm in ARMS else METHODS[arm].title


def criteria_table(rows: pd.DataFrame, ours: str, bracket: str, confidence: float) -> str:
    """Every criterion, what was measured, and whether it is met."""
    asked = criteria(ours, bracket, sorted(rows.ev[rows.setting == "single"].unique()))
    found = [(each, measured(rows, each, confidence)) for each in asked]
    heads = ["measured", "interval", "queries", "asked", "met"]
    table = text_table("", heads, [_criterion(*each) for each in found], corner="criterion")
    met = [number.met for _, number in found if number.met is not None]
    return (
        f"{lines(table)}\n\n{sum(met)} of {len(met)} criteria that were measured are met. "
        f"Intervals: {confidence:.0%}, over places.\n"
    )


def _criterion(asked: Criterion, found: Measured) -> tuple[str, list[str]]:
    if asked.metric in METRICS:
        what = f"{METRICS[asked.metric].heading}, {asked.alignment}, {asked.region}"
    else:
        what = COLUMNS[asked.metric, asked.alignment, asked.region]
    limits = " and ".join(_limits(asked))
    if found.met is None:
        return f"{asked.text} ({what})", ["not measured", "", "", limits, ""]
    sign, times = ("+", "") if asked.kind == "difference" else ("", "× ")
    interval = "" if math.isnan(found.low) else f"[{found.low:{sign}.3f}, {found.high:{sign}.3f}]"
    met = "yes" if found.met else "**no**"
    return f"{asked.text} ({what})", [f"{times}{found.value:{sign}.3f}", interval, f"{found.count}", limits, met]


def _limits(asked: Criterion) -> Iterable[str]:
    if math.isfinite(asked.least):
        yield f"≥ {asked.least:g}"
    if math.isfinite(asked.most):
        yield f"≤ {asked.most:g}"
    if asked.excludes is not None:
        yield f"the interval without {asked.excludes:g}"


def choose(rows: pd.DataFrame, ours: str, count: int) -> list[tuple[str, float]]:
    """Queries that are shown, by scene and EV: from our worst JOD to our best, evenly spaced in rank.

    They are chosen among the single exposures with at least 1 % of their pixels clipped; in the others there is
    nothing to see.
    """
    mine = rows[(rows.setting == "single") & (rows.method == ours) & (rows.clipped >= 0.01)]
    mine = mine[(mine.metric == "cvvdp") & (mine.alignment == "crf")]
    ranked = mine.set_index(["scene", "ev"]).value.sort_values(kind="stable")
    return list(ranked.index[evenly(len(ranked), count)])


def query_sheet(scenes: Scenes, queries: Sequence[tuple[str, float]], methods: Sequence[Method]) -> str:
    """Input, reconstructions and truth of some queries, three stops darker than exposed, as SVG."""
    rows = [(f"{name}, EV {ev:+g}", name, ev, -DARKER) for name, ev in queries]
    return picture_sheet(scenes, rows, methods)
