"""The benchmark: every method on single exposures, still brackets and moving brackets, beside what is trivial."""

from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd

from metahdr.evaluation.comparison import compare
from metahdr.evaluation.examples import evenly
from metahdr.evaluation.scores import NONE
from metahdr.methods.base import CALIBRATED
from metahdr.registry import METHODS, METRICS

WHOLE = [(metric, "all") for metric in ("mu_psnr", "linear_psnr", "pu21_psnr", "cvvdp", "log_rmse")]


class Setting(NamedTuple):
    """What the methods of one table are given.

    Attributes:
        title: of the table.
        text: what is compared.
        columns: metric and region of each.
    """

    title: str
    text: str
    columns: Sequence[tuple[str, str]]


SETTINGS = {
    "single": Setting(
        "One exposure",
        "Each exposure of a scene by itself. A pixel is clipped where a channel is at 255.",
        [*WHOLE, ("log_rmse", "clipped"), ("log_rmse", "unclipped"), ("log_psnr", "all"), ("log_ssim", "all")],
    ),
    "still": Setting("A still bracket", "All exposures of a scene in which nothing moves.", WHOLE),
    "moving": Setting(
        "A moving bracket",
        "The exposures are taken by a hand that shakes, and things move through the picture. The truth is what "
        "the middle exposure shows; methods of single exposures are given that one alone.",
        [*WHOLE, ("mu_psnr", "moved"), ("mu_psnr", "still"), ("pu21_psnr", "moved"), ("pu21_psnr", "still")],
    ),
}


def by_setting(still: pd.DataFrame, moving: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The scores of each setting.

    Args:
        still, moving: scores of the still and of the moving scenes (`evaluation.scores`). A still bracket is the
            same whichever exposure is held out; it counts once, at the EV nearest to 0. Of MetaHDR only
            what was trained with simulated labels is taken, as the mean of its seeds.
    """
    still = still[(still.alignment == "plain") & still.label_source.isin([NONE, "simulated"])]
    still = still[still["mode"].isin(["single", "stack", CALIBRATED, "adapted_simulated"])]
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
        trivial = group[[METHODS[name].trivial for name in group.method]].groupby(["method", "mode"]).value.mean()
        best = trivial.idxmax() if METRICS[metric].better == "higher" else trivial.idxmin()
        lead = {"lead": {"method": best[0], "mode": best[1]}}
        parts.append(compare(group, ["method", "mode"], lead, confidence).assign(best=best[0]))
    return pd.concat(parts, ignore_index=True)


def choose(rows: pd.DataFrame, count: int) -> list[str]:
    """Scenes that are shown, by the μ-law PSNR of the merges where something moved: from bad to good."""
    merges = rows[[METHODS[name].takes == "bracket" for name in rows.method]]
    ghosts = merges[(merges.metric == "mu_psnr") & (merges.region == "moved")]
    ranked = ghosts.groupby("scene").value.mean().dropna().sort_values(kind="stable")
    names = list(ranked.index) or sorted(set(rows.scene))  # a run may measure no such value
    return [names[index] for index in evenly(len(names), count)]
