"""The benchmark as Markdown and pictures: every method on single exposures, still brackets and moving brackets."""

import math
from collections.abc import Sequence
from pathlib import Path
from textwrap import wrap
from typing import NamedTuple

import pandas as pd
import torch

from metahdr.camera.align import middle
from metahdr.evaluation.comparison import compare
from metahdr.evaluation.judge import evenly
from metahdr.evaluation.scores import NO_RUN
from metahdr.methods.base import Method
from metahdr.registry import METHODS, METRICS
from metahdr.report.sheet import sheet
from metahdr.scenes import Scenes

TRIVIAL = ("ldr", "gamma_2", "gamma_2_2", "debevec_all", "merge_aligned", "merge_deghosted")
SHOWN = 1  # stops darker than exposed, so that highlights show


class Task(NamedTuple):
    """What the methods of one table are given.

    Attributes:
        title: of the table.
        text: what is compared.
        columns: metric and region of each.
    """

    title: str
    text: str
    columns: Sequence[tuple[str, str]]


WHOLE = [(metric, "all") for metric in ("mu_psnr", "linear_psnr", "pu21_psnr", "cvvdp", "log_rmse")]
TASKS = {
    "single": Task(
        "One exposure",
        "Each exposure of a scene by itself. A pixel is clipped where a channel is at 255.",
        [*WHOLE, ("log_rmse", "clipped"), ("log_rmse", "unclipped")],
    ),
    "still": Task("A still bracket", "All exposures of a scene in which nothing moves.", WHOLE),
    "moving": Task(
        "A moving bracket",
        "The exposures are taken by a hand that shakes, and things move through the picture. The truth is what "
        "the middle exposure shows; methods of single exposures are given that one alone.",
        [*WHOLE, ("mu_psnr", "moved"), ("mu_psnr", "still"), ("pu21_psnr", "moved"), ("pu21_psnr", "still")],
    ),
}


def tasks(still: pd.DataFrame, moving: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The scores of each task.

    Args:
        still, moving: scores of the still and of the moving scenes (`evaluation.scores`). A still bracket is the
            same whichever exposure is held out; it counts once, at the EV nearest to 0. Of MetaHDR there is the
            run with simulated labels, the mean of its seeds.
    """
    still = still[(still.alignment == "plain") & still.run.isin([NO_RUN, "simulated"])]
    still = still[still["mode"].isin(["single", "stack", "adapted_simulated"])]
    still = still.groupby(list(still.columns.difference(["seed", "value", "failed"], sort=False)), sort=False)
    still = still.value.mean().reset_index()
    taken = still.method.map({name: METHODS[name].takes for name in set(still.method) & set(METHODS)})
    return {
        "single": still[taken == "single"],
        "still": still[(taken == "bracket") & (still.ev == min(still.ev, key=abs))],
        "moving": moving[moving.alignment == "plain"],
    }


def summarise(rows: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """Mean of every method in every metric and region, and its lead over the best trivial method in these.

    The best one is chosen by its mean on these same images, which favours it.

    Returns:
        metric, region, method, mode, mean, low, high, best (method), lead, lead_low, lead_high, count.
    """
    parts = []
    for (metric, _), group in rows.groupby(["metric", "region"], sort=False):
        group = group[["place", "fold", "scene", "ev", "method", "mode", "metric", "region", "value"]]
        trivial = group[group.method.isin(TRIVIAL)].groupby(["method", "mode"]).value.mean()
        best = trivial.idxmax() if METRICS[metric].better == "higher" else trivial.idxmin()
        found = compare(
            group,
            ["method", "mode"],
            "place",
            {"lead": lambda cell, best=best: type(cell)(*best)},
            confidence,
        )
        parts.append(found.assign(best=best[0]))
    return pd.concat(parts, ignore_index=True)


def tables(summaries: dict[str, pd.DataFrame], confidence: float) -> str:
    """A table of each task: means, and behind them the lead over the best trivial method with its interval."""
    parts = []
    for name, summary in summaries.items():
        task = TASKS[name]
        columns = [
            column for column in task.columns if column in set(zip(summary.metric, summary.region, strict=True))
        ]
        heads = [
            METRICS[metric].heading + ("" if region == "all" else f", {region}") for metric, region in columns
        ]
        lines = [_line(["", *heads]), _line(["---", *["---:"] * len(heads)])]
        rows = {(row.method, row.mode, (row.metric, row.region)): row for row in summary.itertuples()}
        for method, mode in dict.fromkeys(zip(summary.method, summary["mode"], strict=True)):
            cells = [_cell(rows[method, mode, column], column[0]) for column in columns]
            title = METHODS[method].title + (f", {mode}" if mode.startswith("adapted") else "")
            lines.append(_line([title, *cells]))
        best = [
            METHODS[summary.best[(summary.metric == m) & (summary.region == r)].iloc[0]].title for m, r in columns
        ]
        lines.append(_line(["*best trivial*", *best]))
        parts += [f"## {task.title}", task.text, "\n".join(lines)]
    parts.append(
        f"Means over scenes; in brackets the lead over the best trivial method with its {confidence:.0%} interval "
        "over places, bold where that excludes 0."
    )
    return "\n\n".join(parts) + "\n"


def _cell(row, metric: str) -> str:
    if math.isnan(row.mean):
        return ""
    decimals = METRICS[metric].decimals
    mean = f"{row.mean:.{decimals}f}"
    if row.method in TRIVIAL or math.isnan(row.lead_low):
        return mean
    low, high = (f"{end:+.{decimals}f}" for end in (row.lead_low, row.lead_high))
    text = f"{row.lead:+.{decimals}f} [{low}, {high}]"
    return f"{mean} ({f'**{text}**' if row.lead_low > 0 or row.lead_high < 0 else text})"


def choose(rows: pd.DataFrame, count: int) -> list[str]:
    """Scenes that are shown, by the μ-law PSNR of the aligned merge where something moved: from bad to good."""
    ghosts = rows[(rows.method == "merge_aligned") & (rows.metric == "mu_psnr") & (rows.region == "moved")]
    return evenly(ghosts.set_index("scene").value.dropna(), count)


@torch.no_grad()
def pictures(path: Path, scenes: Scenes, names: Sequence[str], methods: Sequence[Method]) -> None:
    """The middle exposure, the merges and the truth of moving brackets, a stop darker than exposed, as PNG."""
    order, shown = list(scenes.table.scene), []
    for name in names:
        scene = scenes[order.index(name)]
        index = middle(list(scene.stops))
        scale = 2.0 ** (scene.stops[index] - SHOWN)
        images = [_reconstructed(method, scene.ldr, scene.stops, index) * scale for method in methods]
        images = [scene.ldr[index] ** 2.2 * 2.0**-SHOWN, *images, scene.hdr * scale]
        shown.append((name, [image.numpy().transpose(1, 2, 0) for image in images]))
    titles = ["\n".join(wrap(method.title, 18)) for method in methods]
    sheet(path, ["middle exposure", *titles, "truth"], shown)


def _reconstructed(method: Method, exposures: torch.Tensor, stops: Sequence[float], index: int) -> torch.Tensor:
    if method.takes == "single":
        exposures, stops = exposures[index : index + 1], stops[index : index + 1]
    return method.reconstruct(exposures, stops)[0]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
