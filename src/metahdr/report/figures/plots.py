"""Plots: training, adaptation steps, held-out exposures, scenes, and how far intervals can be trusted."""

import numpy as np
import pandas as pd

from metahdr.evaluation.reliability import coverage, spread
from metahdr.evaluation.tried import histories
from metahdr.metrics.protocols import PAPER
from metahdr.registry import METRICS
from metahdr.report.figures.figure import COLOURS, LINE, SOFT, Figure, plot, styled, svg
from metahdr.report.results import Cell, Column, Results, each, metric_of
from metahdr.report.tables import heading
from metahdr.report.titles import cell_title, label_title, method_title, training_title

DIFFERENCES = {"gain": "over own single shot", "over_best": "over the best baseline"}
MODES = {"single": (":", "single shot"), "adapted": ("-", "adapted")}  # of a history: line and label
SMOOTH = 10  # meta-iterations that the loss is averaged over


@styled
def training(results: Results) -> Figure:
    """Meta-loss, and validation before and after adaptation, of every training; a line a seed and fold."""
    table = histories(results.data, results.scores)
    figure, axes = plot(1, 1 + len(PAPER.validates))
    cells = table.set_index("iteration").groupby(["method", "label_source"], sort=False)
    for number, (names, cell) in enumerate(cells):
        look = {"color": COLOURS[number % len(COLOURS)], "linewidth": 1.1, "alpha": 0.85}
        axes[0].plot([], [], label=_training(*names), **look)
        for _, history in cell.groupby(["fold", "seed"]):
            axes[0].plot(history.meta_loss.rolling(SMOOTH, min_periods=1).mean(), **look)
            for axis, metric in zip(axes[1:], PAPER.validates, strict=True):
                for mode, (style, _) in MODES.items():
                    axis.plot(history[f"{metric.name}_{mode}"].dropna(), style, marker="o", markersize=2.5, **look)
    axes[0].set_title(f"meta-loss, mean of {SMOOTH}")
    for axis, metric in zip(axes[1:], PAPER.validates, strict=True):
        axis.set_title(f"validation {metric.heading}")
        for style, label in MODES.values():
            axis.plot([], [], style, color=SOFT, label=label)
    for axis in axes:
        axis.set_xlabel("meta-iteration")
        axis.legend()
    caption = "Every training of the run, a line for each seed and fold. Validation places are not test places."
    return Figure("training", "Training", caption, svg(figure), table)


def _training(method: str, label_source: str) -> str:
    return f"{method_title(method)}, {label_title(label_source)}"


@styled
def by_step(results: Results, steps: pd.DataFrame) -> Figure:
    """Gain over the single shot against the number of inner steps; a line a place."""
    start = steps[steps.step == 0].set_index(["scene", "ev", "metric"]).value.rename("start")
    gains = steps.join(start, on=start.index.names)
    gains["gain"] = gains.value - gains.pop("start")
    figure, axes = plot(1, steps.metric.nunique(), squeeze=False)
    for axis, (name, one) in zip(axes[0], gains.groupby("metric", sort=False), strict=True):
        for _, place in one.groupby("place"):
            axis.plot(place.groupby("step").gain.mean(), color=LINE, linewidth=1)
        mean = one.groupby(["step", "place"]).gain.mean().groupby("step").mean()
        axis.plot(mean, color=COLOURS[0], marker="o", markersize=3)
        axis.axhline(0, color=SOFT, linewidth=0.8)
        axis.set(title=f"gain in {METRICS[name].heading}", xlabel="inner steps")
    caption = (
        f"One network ({training_title(results.main.label_source)}, first seed and fold) adapted with simulated "
        f"labels by 0 to {steps.step.max()} steps; {steps.scene.nunique()} test images. Blue: the mean over "
        "places; grey: each place."
    )
    return Figure("steps", "Gain against number of inner steps", caption, svg(figure), gains)


@styled
def by_exposure(results: Results) -> Figure:
    """Gain over the single shot, and difference from the best baseline, against the held-out exposure."""
    numbers, columns = _numbers_by_exposure(results), results.first_columns
    drawn = numbers.dropna(subset="value").groupby("difference", sort=False)  # a run may have no baseline
    figure, axes = plot(len(drawn), len(columns), 2.5 * len(drawn), squeeze=False, sharex=True)
    evs = sorted(set(numbers.ev))
    for line, (difference, rows) in zip(axes, drawn, strict=True):
        line[0].set_ylabel(DIFFERENCES[difference])
        for axis, column in zip(line, columns, strict=True):
            shown = rows[(rows.metric == column.metric) & (rows.alignment == column.alignment)]
            cells = shown.groupby(["method", "label_source"], sort=False)
            for index, (names, cell) in enumerate(cells):
                at = cell.ev + 0.12 * (index - (len(cells) - 1) / 2)
                bars = [cell.value - cell.low, cell.high - cell.value]
                look = {"fmt": "o", "markersize": 3, "linewidth": 1, "color": COLOURS[index % len(COLOURS)]}
                axis.errorbar(at, cell.value, bars, label=_training(*names), **look)
            axis.axhline(0, color=SOFT, linewidth=0.8)
            axis.set_xticks(evs, [f"{ev:+g}" for ev in evs])
            axis.set_xmargin(0.12)
    for top, bottom, column in zip(axes[0], axes[-1], columns, strict=True):
        top.set_title(heading(column).replace(", camera", ",\ncamera"), fontsize=8)
        bottom.set_xlabel("held-out EV")
    figure.legend(*axes[0][0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    caption = (
        "Networks adapted with the labels that they were trained with; bars are intervals over places and seeds."
    )
    return Figure("by_exposure", "Gain against the held-out exposure", caption, svg(figure), numbers)


def _numbers_by_exposure(results: Results) -> pd.DataFrame:
    """The differences of every cell that is adapted as it was trained, at each exposure."""
    rows, names = results.common, [*Cell._fields, *Column._fields]
    first = np.array([column._replace(ev="all") in results.first_columns for column in each(rows, Column)])
    rows = rows[(rows.ev != "all") & (rows["mode"] == "adapted_" + rows.label_source) & first]
    parts = []
    for difference in DIFFERENCES:
        values = {difference: "value", f"{difference}_low": "low", f"{difference}_high": "high"}
        parts.append(rows[[*names, *values]].rename(columns=values).assign(difference=difference))
    return pd.concat(parts).astype({"ev": float}).sort_values("ev", kind="stable")


@styled
def by_scene(results: Results) -> Figure:
    """The main cell's gain and its difference from the best baseline, a dot an image, sorted."""
    column, cell = results.ranking, results.main
    best, values = results.best(cell, column), results.values(cell, column)
    parts = {"gain over own single shot": values - results.values(results.single, column)}
    if best:
        parts[f"difference from {cell_title(*best)}"] = values - results.values(best, column)
    figure, axes = plot(1, len(parts), squeeze=False)
    metric, numbers = metric_of(column), []
    evs = sorted(set(values.index.get_level_values("ev")))
    for axis, (title, series) in zip(axes[0], parts.items(), strict=True):
        ranked = series.dropna().sort_values(kind="stable")
        order = pd.Series(np.arange(len(ranked)), ranked.index)
        for ev, colour in zip(evs, COLOURS, strict=False):
            at = ranked.index.get_level_values("ev") == ev
            axis.plot(order[at], ranked[at], "o", markersize=3.5, color=colour, label=f"EV {ev:+g}")
        axis.axhline(0, color=SOFT, linewidth=0.8)
        better = int(sum(metric.improves(value) for value in ranked))
        axis.set(title=f"{title}: {better} of {len(ranked)} images are better", xlabel="images, sorted")
        axis.set_xticks([])
        numbers.append(ranked.rename("value").reset_index().assign(quantity=title))
    axes[0][0].set_ylabel(heading(column).replace(", ", ",\n"))
    axes[0][0].legend()
    trained = training_title(cell.label_source)
    caption = f"{cell_title(*cell)}, {trained}; a dot for each test scene and held-out exposure."
    return Figure("by_scene", "Every image", caption, svg(figure), pd.concat(numbers))


@styled
def reliability(results: Results) -> Figure | None:
    """How often a t interval of the gain would hold the true mean, by simulation, and how wide it would be."""
    metric, confidence = metric_of(results.ranking), results.confidence
    if results.single not in results.cells or results.scores.place.nunique() < 2:
        return None
    varies = spread(results.scores, results.main, results.single, metric.name)
    numbers = coverage(varies, confidence)
    figure, axes = plot(1, 2)
    for shape, group in numbers.groupby("shape", sort=False):
        look = {"color": COLOURS[0], "linestyle": "-" if shape == "normal" else "--", "marker": "o"}
        axes[0].plot(group.places, group.coverage, markersize=3, label=f"{shape} places", **look)
        axes[1].plot(group.places, group.width, markersize=3, **look)
    axes[0].axhline(confidence, color=SOFT, linewidth=0.8)
    axes[0].set(title="share of intervals that hold the mean", ylim=(0, 1.03))
    axes[1].set(title=f"median width / {metric.unit or metric.title}", ylim=(0, None))
    here = results.scores.place.nunique()
    for axis in axes:
        axis.axvline(here, color=COLOURS[1], linewidth=6, alpha=0.15)
        axis.set(xlabel="places", xscale="log")
        axis.set_xticks(sorted(set(numbers.places)), sorted(set(numbers.places)), minor=False)
        axis.minorticks_off()
    axes[0].legend(loc="lower right")
    caption = (
        f"Simulated experiments that vary as the gain in {metric.title} does between this run's places, seeds and "
        f"images, with more and fewer places; shaded: the {here} places here. The intervals are those of the "
        f"tables, t intervals over places and seeds. The line is what they claim, {100 * confidence:g} %."
    )
    return Figure("reliability", "How far the intervals can be trusted", caption, svg(figure), numbers)
