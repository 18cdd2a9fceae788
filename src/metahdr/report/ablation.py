"""The ablation as a table in Markdown and as a forest plot."""

import json
import math
from pathlib import Path

import pandas as pd

from metahdr.config.ablation import Ablation
from metahdr.config.meta import Meta
from metahdr.evaluation.summary import headline
from metahdr.files import atomic_write
from metahdr.registry import METRICS
from metahdr.report.figures.figure import plt
from metahdr.report.titles import label_title


def ablation_tables(
    summary: pd.DataFrame, ablation: Ablation, arms: dict[str, Meta], seconds: dict[str, float], confidence: float
) -> str:
    """One table for each metric, of whole images, and one of the arms' settings and cost, as Markdown.

    Args:
        summary: from `compare_arms`.
        arms: settings of every arm.
        seconds: of one meta-training of every arm.
        confidence: of the intervals.
    """
    summary = headline(summary)
    baseline = summary.arm.iloc[0]
    lines = [
        "# Ablation",
        "",
        f"{len(arms)} arms, meta-training seeds {', '.join(map(str, ablation.seeds))}, "
        f"{label_title(ablation.labels)}; every number is a mean over the reconstructions of test scenes for which"
        f" every arm has a finite value, at most {summary['count'].max()}. In brackets: {100 * confidence:g} %"
        " t intervals over places and seeds. The gain is that of adaptation over the same network's single"
        f" shot; the difference is from {baseline}, after adaptation, paired by scene, exposure and seed. Between"
        " seeds: standard deviation of the seeds' means after adaptation.",
    ]
    for name in dict.fromkeys(summary.metric):
        metric = METRICS[name]
        lines += ["", f"## {metric.heading}", ""]
        lines += _table("arm", "single-shot", "adapted", "gain", f"difference from {baseline}", "between seeds")
        rows, decimals = summary[summary.metric == name].set_index(["arm", "mode"]), metric.decimals
        for arm in dict.fromkeys(summary.arm):
            adapted = rows.loc[(arm, "adapted")]
            mean = adapted[["mean", "low", "high"]]
            gain, difference = (adapted[[q, f"{q}_low", f"{q}_high"]] for q in ("gain", "difference"))
            lines += [
                _row(
                    arm,
                    f"{rows.loc[(arm, 'single'), 'mean']:.{decimals}f}",
                    _interval(mean, f".{decimals}f"),
                    _interval(gain, f"+z.{decimals}f"),
                    "" if arm == baseline else _interval(difference, f"+z.{decimals}f"),
                    "" if pd.isna(adapted.seed_std) else f"{adapted.seed_std:.{decimals}f}",
                )
            ]
    lines += ["", "## Settings and cost", ""]
    lines += _table("arm", "changes of `meta`", "iterations", "tasks seen", "seconds of one training")
    for arm in dict.fromkeys(summary.arm):
        changes = ", ".join(f"`{key}: {json.dumps(value)}`" for key, value in ablation.arms[arm].items())
        iterations, tasks = arms[arm].iterations, arms[arm].tasks
        lines += [_row(arm, changes or "none", iterations, iterations * tasks, f"{seconds[arm]:.0f}")]
    return "\n".join(lines) + "\n"


def _interval(values: pd.Series, form: str) -> str:
    """A value with its two ends; `z` in the form writes no -0.00."""
    middle, low, high = (format(value, form) for value in values)
    return f"{middle} [{low}, {high}]"


def _table(*names: str) -> list[str]:
    return [_row(*names), _row(*["---"] * len(names))]


def _row(*cells: object) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def forest_plot(path: Path, summary: pd.DataFrame, confidence: float) -> None:
    """Every arm's difference from the baseline after adaptation, with its interval, a panel a metric, as PNG."""
    summary = headline(summary)
    baseline = summary.arm.iloc[0]
    arms = [arm for arm in dict.fromkeys(summary.arm) if arm != baseline]
    metrics = [METRICS[name] for name in dict.fromkeys(summary.metric)]
    height = math.ceil(len(metrics) / 2)
    figure, axes = plt.subplots(
        height,
        2,
        figsize=(9, height * (1.4 + 0.32 * len(arms))),
        sharey=True,
        squeeze=False,
        layout="constrained",
    )
    for axis in axes.flat[len(metrics) :]:
        axis.set_axis_off()
    for axis, metric in zip(axes.flat, metrics, strict=False):
        rows = summary[(summary.metric == metric.name) & (summary["mode"] == "adapted")].set_index("arm").loc[arms]
        # not errorbar, which refuses an interval that does not hold the mean: a percentile interval need not
        axis.hlines(arms, rows.difference_low, rows.difference_high, color="C0", linewidth=2)
        axis.plot(rows.difference, arms, "o", color="C0", markersize=5)
        axis.axvline(0, color="black", linewidth=0.8)
        axis.set_xlabel(f"{metric.heading}, difference from {baseline}; {metric.better} is better")
        axis.locator_params(axis="x", nbins=6)
        axis.grid(axis="x", alpha=0.3)
    axes[0, 0].invert_yaxis()
    figure.suptitle(f"After adaptation; {100 * confidence:g} % intervals over places and seeds", fontsize=10)
    with atomic_write(path) as part:
        figure.savefig(part, dpi=110)
    plt.close(figure)
