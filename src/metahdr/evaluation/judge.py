"""How good simulated labels are, on scenes that no network was trained on."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from metahdr.evaluation.bootstrap import intervals
from metahdr.metrics.hdr import log_rmse, pu21_psnr
from metahdr.scenes import Scenes
from metahdr.training.progress import track

# What is done where nothing is reconstructed: the exposure, linearised by an assumed camera curve.
BASELINES: dict[str, Callable[[Tensor], Tensor]] = {"x^2": lambda x: x**2, "x^2.2": lambda x: x**2.2}
METRICS = {"log_rmse": log_rmse, "pu21_psnr": pu21_psnr}
REGIONS = ("saturated", "all")


@torch.inference_mode()
def judge(scenes: Scenes, simulators: dict[str, Callable[[Tensor], Tensor]]) -> pd.DataFrame:
    """One row for every scene, exposure and simulator.

    Prediction and truth are in the exposure's scale, 1.0 is where it clips. A pixel is saturated when one of its
    channels is 255; an exposure without such a pixel has no value for the saturated region.

    Returns:
        scene, source, ev, simulator, saturated (share), and a column for each metric and region.
    """
    rows = []
    for scene in track((scenes[index] for index in range(len(scenes))), "judge", len(scenes)):
        scale = torch.tensor(scene.stops).exp2().view(-1, 1, 1, 1)
        truth, mask = scene.hdr * scale, scene.ldr.amax(1) >= 1
        for name, simulator in simulators.items():
            prediction = simulator(scene.ldr)
            columns = {
                f"{metric}_{region}": function(prediction, truth, mask if region == "saturated" else None)
                for metric, function in METRICS.items()
                for region in REGIONS
            }
            for index, ev in enumerate(scene.evs):
                row = {"scene": scene.name, "source": scene.source, "ev": ev, "simulator": name}
                row |= {"saturated": mask[index].float().mean().item()}
                rows.append(row | {column: values[index].item() for column, values in columns.items()})
    return pd.DataFrame(rows)


def compare(rows: pd.DataFrame, ours: str, resamples: int, confidence: float, seed: int) -> pd.DataFrame:
    """Mean of every simulator and its difference from `ours`, with bootstrap intervals over sources.

    Whole sources are resampled, because views of one place are alike, the same ones for every simulator: the
    differences are paired. A source counts as much as it has rows.
    Rows without a value for one simulator are left out for all.

    Returns:
        One row per (metric, simulator): mean, low, high, difference, difference_low, difference_high, count.
    """
    result = []
    for column in (f"{metric}_{region}" for metric in METRICS for region in REGIONS):
        wide = rows.pivot(index=["source", "scene", "ev"], columns="simulator", values=column).dropna()
        sums, counts = wide.groupby("source").sum(), wide.groupby("source").size()
        gaps = sums.sub(sums[ours], axis=0)
        stacked = np.stack([sums, gaps], axis=-1)[:, None]
        ends = intervals(stacked, counts.to_numpy(), resamples, confidence, seed)
        for simulator, (low, gap_low), (high, gap_high) in zip(sums, *ends, strict=True):
            mean, gap = wide[simulator].mean(), gaps[simulator].sum() / len(wide)
            result.append(
                {"metric": column, "simulator": simulator, "mean": mean, "low": low, "high": high}
                | {"difference": gap, "difference_low": gap_low, "difference_high": gap_high, "count": len(wide)}
            )
    return pd.DataFrame(result)


def typical_scenes(rows: pd.DataFrame, ev: float, count: int = 4, share: float = 0.2) -> list[str]:
    """One scene of each of `count` sources, the sources evenly spread by name: the one whose share of saturated
    pixels at `ev` is nearest to `share`. Nobody chooses what a figure shows."""
    at_ev = rows[rows.ev == ev].drop_duplicates("scene")
    sources = sorted(set(at_ev.source))
    chosen = [sources[i] for i in np.linspace(0, len(sources) - 1, min(count, len(sources))).astype(int)]
    nearest = (at_ev.saturated - share).abs().groupby(at_ev.source).idxmin()
    return [at_ev.scene[nearest[source]] for source in chosen]
