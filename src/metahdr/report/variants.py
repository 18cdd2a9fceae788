"""The comparison of a run's variants of meta-training, as a page in Markdown and as a forest plot."""

import json
import math
from pathlib import Path

import pandas as pd

from metahdr.config.meta import Meta
from metahdr.config.score import METAHDR
from metahdr.evaluation.summary import ALL, headline
from metahdr.files import atomic_write
from metahdr.metrics.metric import Metric
from metahdr.registry import METRICS
from metahdr.report.figures.figure import plt
from metahdr.report.table import section, text_table
from metahdr.report.tables import number
from metahdr.report.titles import label_title


def variants_page(summary: pd.DataFrame, meta: Meta, seconds: dict[str, float], confidence: float) -> str:
    """A table for each metric, of whole images, and one of what each variant changes and costs.

    Args:
        summary: from `compare_variants`.
        meta: the section, with its variants.
        seconds: of one training of each variant.
        confidence: of the intervals.
    """
    rows = _adapted(summary)
    text = (
        f"{METAHDR} is section `meta` as it is. A mean is over the reconstructions for which every variant of "
        f"its table has a finite value, at most {rows['count'].max()}. In brackets: {100 * confidence:g} % t "
        "intervals over places and seeds. Networks adapt to the labels that they were trained with. The gain is "
        f"over the same networks' single shot; the difference is from {METAHDR}, after adaptation. Both are "
        "paired by scene, exposure and seed. Between seeds: standard deviation of the seeds' means after "
        "adaptation."
    )
    heads = ["trained with", "single shot", "adapted", "gain", f"difference from {METAHDR}", "between seeds"]
    tables = []
    for (table, name), group in rows.groupby(["table", "metric"], sort=False):
        title = METRICS[name].heading + ("" if table == ALL else f": {table.replace('_', ', ')}")
        cells = [_cells(METRICS[name], row) for row in group.itertuples()]
        tables.append(text_table(title, heads, cells, corner="variant"))
    heads = ["changes of `meta`", "iterations", "tasks seen", "seconds of one training"]
    cells = [(name, _cost(meta, name, seconds[name])) for name in dict.fromkeys(rows.method)]
    tables.append(text_table("Settings and cost", heads, cells, corner="variant"))
    return "\n\n".join(["# Variants of meta-training", text, *(section(table, 2) for table in tables)]) + "\n"


def _adapted(summary: pd.DataFrame) -> pd.DataFrame:
    """The rows of whole images after adaptation to the labels of the training; `single` is the mean before it."""
    rows, cell = headline(summary), ["table", "metric", "method", "label_source"]
    single = rows[rows["mode"] == "single"].set_index(cell)["mean"].rename("single")
    return rows[rows["mode"] == "adapted_" + rows.label_source].join(single, on=cell)


def _cells(metric: Metric, row) -> tuple[str, list[str]]:
    difference = _interval(metric, row.difference, row.difference_low, row.difference_high, "+")
    return row.method + (f" ({row.failed} failed)" if row.failed else ""), [
        label_title(row.label_source),
        number(metric, row.single),
        _interval(metric, row.mean, row.low, row.high),
        _interval(metric, row.gain, row.gain_low, row.gain_high, "+"),
        "" if row.method == METAHDR else difference,
        "" if pd.isna(row.seed_std) else number(metric, row.seed_std),
    ]


def _cost(meta: Meta, variant: str, seconds: float) -> list[str]:
    changes = meta.variants[variant].meta if variant in meta.variants else {}
    text = ", ".join(f"`{key}: {json.dumps(value)}`" for key, value in changes.items())
    iterations = changes.get("iterations", meta.iterations)
    tasks = iterations * changes.get("tasks", meta.tasks)
    return [text or "none", str(iterations), str(tasks), f"{seconds:.0f}"]


def _interval(metric: Metric, middle: float, low: float, high: float, sign: str = "") -> str:
    return f"{number(metric, middle, sign)} [{number(metric, low, sign)}, {number(metric, high, sign)}]"


def forest_plot(path: Path, summary: pd.DataFrame, confidence: float) -> None:
    """The difference of each variant from `metahdr` after adaptation, with its interval, a panel a metric, as PNG.

    A variant that is in several tables is shown as in the first, which has the most folds and seeds.
    """
    rows = _adapted(summary)
    rows = rows[rows.method != METAHDR].drop_duplicates(["metric", "method", "label_source"])
    panels = list(rows.groupby("metric", sort=False))
    height, bars = math.ceil(len(panels) / 2), len(rows) // len(panels)
    figure, axes = plt.subplots(
        height, 2, figsize=(9, height * (1.4 + 0.32 * bars)), sharey=True, squeeze=False, layout="constrained"
    )
    for axis in axes.flat[len(panels) :]:
        axis.set_axis_off()
    for axis, (name, group) in zip(axes.flat, panels, strict=False):
        metric, names = METRICS[name], group.method + ", " + group.label_source
        axis.hlines(names, group.difference_low, group.difference_high, color="C0", linewidth=2)
        axis.plot(group.difference, names, "o", color="C0", markersize=5)
        axis.axvline(0, color="black", linewidth=0.8)
        axis.set_xlabel(f"{metric.heading}, difference from {METAHDR}; {metric.better} is better")
        axis.locator_params(axis="x", nbins=6)
        axis.grid(axis="x", alpha=0.3)
    axes[0, 0].invert_yaxis()
    figure.suptitle(f"After adaptation; {100 * confidence:g} % intervals over places and seeds", fontsize=10)
    with atomic_write(path) as part:
        figure.savefig(part, dpi=110)
    plt.close(figure)
