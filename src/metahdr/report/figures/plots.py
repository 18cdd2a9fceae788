"""Plots: training, adaptation steps, held-out exposures, scenes, and how far intervals can be trusted."""

import numpy as np
import pandas as pd

from metahdr.evaluation.reliability import coverage, spread
from metahdr.evaluation.tried import trainings
from metahdr.metrics.protocols import PAPER
from metahdr.registry import METRICS
from metahdr.report.figures.figure import COLOURS, LINE, SOFT, Figure, plot, styled, svg
from metahdr.report.results import Results, metric_of
from metahdr.report.tables import heading
from metahdr.report.titles import cell_title, label_title, method_title, training_title
from metahdr.tables import read_table

DIFFERENCES = {"gain": "over own single shot", "over_best": "over the best baseline"}
SMOOTH = 10  # meta-iterations that the loss is averaged over


@styled
def training(results: Results) -> Figure:
    """Meta-loss, and validation before and after adaptation, of every training; a line a seed and fold."""
    table = _histories(results)
    figure, axes = plot(1, 1 + len(PAPER.validates))
    for colour, ((method, label_source), of_cell) in zip(
        COLOURS * 9, table.groupby(["method", "label_source"], sort=False), strict=False
    ):
        title = f"{method_title(method)}, {label_title(label_source)}"
        for number, (_, history) in enumerate(of_cell.groupby(["fold", "seed"], sort=False)):
            look = {"color": colour, "linewidth": 1.1, "alpha": 0.85}
            label = title if number == 0 else None
            smooth = history.meta_loss.rolling(SMOOTH, min_periods=1).mean()
            axes[0].plot(history.iteration, smooth, label=label, **look)
            for axis, metric in zip(axes[1:], PAPER.validates, strict=True):
                for mode, style in (("single", ":"), ("adapted", "-")):
                    column = f"{metric.name}_{mode}"
                    measured = history.dropna(subset=column)
                    axis.plot(measured.iteration, measured[column], style, marker="o", markersize=2.5, **look)
    axes[0].set(title=f"meta-loss, mean of {SMOOTH}", xlabel="meta-iteration")
    axes[0].legend(fontsize=8)
    for axis, metric in zip(axes[1:], PAPER.validates, strict=True):
        axis.set(title=f"validation {metric.heading}", xlabel="meta-iteration")
        axis.plot([], [], ":", color=SOFT, label="single shot")
        axis.plot([], [], "-", color=SOFT, label="adapted")
        axis.legend(fontsize=8)
    caption = "Every training of the run, a line for each seed and fold. Validation places are not test places."
    return Figure("training", "Training", caption, svg(figure), table)


def _histories(results: Results) -> pd.DataFrame:
    """The histories of all trainings, below each other."""
    return pd.concat(
        read_table(path).assign(fold=fold, method=method, label_source=label_source, seed=seed)
        for (fold, method, label_source, seed), path in trainings(results.data, results.scores).items()
    )


@styled
def by_step(results: Results, steps: pd.DataFrame) -> Figure:
    """Gain over the single shot against the number of inner steps; a line a place."""
    names = [name for name in dict.fromkeys(steps.metric)]
    figure, axes = plot(1, len(names), squeeze=False)
    start = steps[steps.step == 0].set_index(["scene", "ev", "metric"]).value
    keys = pd.MultiIndex.from_frame(steps[["scene", "ev", "metric"]])
    gains = steps.assign(gain=steps.value - start.reindex(keys).to_numpy())
    for axis, name in zip(axes[0], names, strict=True):
        one = gains[gains.metric == name]
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
    drawn = numbers.dropna(subset="value").difference.unique()  # a run may have no baseline
    figure, axes = plot(len(drawn), len(columns), 2.5 * len(drawn), squeeze=False, sharex=True)
    evs = sorted(set(numbers.ev))
    for line, difference in zip(axes, drawn, strict=True):
        line[0].set_ylabel(DIFFERENCES[difference])
        for axis, column in zip(line, columns, strict=True):
            shown = numbers[numbers.difference == difference]
            shown = shown[(shown.metric == column.metric) & (shown.alignment == column.alignment)]
            cells = shown.groupby(["method", "label_source"], sort=False)
            for index, ((method, label_source), cell) in enumerate(cells):
                at = cell.ev + 0.12 * (index - (len(cells) - 1) / 2)
                bars = [cell.value - cell.low, cell.high - cell.value]
                look = {"fmt": "o", "markersize": 3, "linewidth": 1, "color": COLOURS[index % len(COLOURS)]}
                axis.errorbar(
                    at, cell.value, bars, label=f"{method_title(method)}, {label_title(label_source)}", **look
                )
            axis.axhline(0, color=SOFT, linewidth=0.8)
            axis.set_xticks(evs, [f"{ev:+g}" for ev in evs])
            axis.set_xmargin(0.12)
    for top, bottom, column in zip(axes[0], axes[-1], columns, strict=True):
        top.set_title(heading(column).replace(", camera", ",\ncamera"), fontsize=8)
        bottom.set_xlabel("held-out EV")
    figure.legend(*axes[0][0].get_legend_handles_labels(), loc="outside lower center", ncols=4, fontsize=8)
    caption = (
        "Networks adapted with the labels that they were trained with; bars are intervals over places and seeds."
    )
    return Figure("by_exposure", "Gain against the held-out exposure", caption, svg(figure), numbers)


def _numbers_by_exposure(results: Results) -> pd.DataFrame:
    """The differences of every cell that is adapted as it was trained, at each exposure."""
    rows = []
    for (table, cell, column), row in results.rows.items():
        first = column._replace(ev="all") in results.first_columns
        if table == "all" and first and column.ev != "all" and cell.mode == f"adapted_{cell.label_source}":
            names = {**cell._asdict(), **column._asdict(), "ev": float(column.ev)}
            for difference in DIFFERENCES:
                ends = [getattr(row, f"{difference}{end}") for end in ("", "_low", "_high")]
                values = dict(zip(("value", "low", "high"), ends, strict=True))
                rows.append(names | {"difference": difference} | values)
    return pd.DataFrame(rows).sort_values("ev", kind="stable")


@styled
def by_scene(results: Results) -> Figure:
    """The main cell's gain and its difference from the best baseline, a dot an image, sorted."""
    column, cell = results.ranking, results.main
    best = results.best(cell, column)
    values = results.values(cell, column)
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
    axes[0][0].legend(fontsize=8)
    trained = training_title(cell.label_source)
    caption = f"{cell_title(*cell)}, {trained}; a dot for each test scene and held-out exposure."
    return Figure("by_scene", "Every image", caption, svg(figure), pd.concat(numbers))


@styled
def reliability(results: Results, confidence: float) -> Figure | None:
    """How often a t interval of the gain would hold the true mean, by simulation, and how wide it would be."""
    metric = metric_of(results.ranking)
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
    axes[0].legend(fontsize=8, loc="lower right")
    caption = (
        f"Simulated experiments that vary as the gain in {metric.title} does between this run's places, seeds and "
        f"images, with more and fewer places; shaded: the {here} places here. The intervals are those of the "
        f"tables, t intervals over places and seeds. The line is what they claim, {100 * confidence:g} %."
    )
    return Figure("reliability", "How far the intervals can be trusted", caption, svg(figure), numbers)
