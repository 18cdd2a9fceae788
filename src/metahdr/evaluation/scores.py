"""Scores of predictions, one row each, and their aggregate with paired confidence intervals."""

from pathlib import Path

import numpy as np
import pandas as pd
import torch

from metahdr.evaluation.bootstrap import intervals
from metahdr.evaluation.predictions import modes, prediction_name
from metahdr.images import read_hdr
from metahdr.metrics.fidelity import psnr, ssim
from metahdr.registry import METHODS
from metahdr.scenes import Scene, Scenes

METRICS = {"ssim": ssim, "psnr": psnr}
NO_RUN = "none"  # the run of "LDR, no reconstruction"


def score_predictions(scenes: Scenes, run: str, sources: list[str], folder: Path) -> pd.DataFrame:
    """One row for every scene, held-out exposure and mode of a run."""
    rows = []
    for index in range(len(scenes)):
        scene = scenes[index]
        for ev in scene.evs:
            for mode in modes(METHODS["metahdr"], sources):
                image = read_hdr(folder / prediction_name(scene.name, ev, mode)).transpose(2, 0, 1)
                rows.append(_row(scene, ev, mode, run, torch.from_numpy(image.copy())))
    return pd.DataFrame(rows)


def score_exposures(scenes: Scenes) -> pd.DataFrame:
    """The baseline 'LDR, no reconstruction': the held-out exposure itself taken for the HDR image."""
    rows = []
    for scene in (scenes[index] for index in range(len(scenes))):
        rows += [_row(scene, ev, "ldr", NO_RUN, image) for ev, image in zip(scene.evs, scene.ldr, strict=True)]
    return pd.DataFrame(rows)


def _row(scene: Scene, ev: float, mode: str, run: str, image: torch.Tensor) -> dict:
    return {"scene": scene.name, "source": scene.source, "ev": ev, "mode": mode, "run": run} | measure(
        scene, image
    )


def measure(scene: Scene, image: torch.Tensor) -> dict[str, float]:
    """Every metric of a reconstruction `(3, H, W)` of a scene, on values clipped to [0, 1]."""
    prediction, truth = image[None].clamp(0, 1).double(), scene.hdr[None].clamp(0, 1).double()
    return {name: metric(prediction, truth).item() for name, metric in METRICS.items()}


def aggregate(scores: pd.DataFrame, resamples: int, confidence: float, seed: int) -> pd.DataFrame:
    """Mean of every (run, mode) and its gain over the same run's single shot, with bootstrap intervals.

    Scenes are resampled, all of a scene's exposures together, and the same resamples serve every mode and run,
    so that all differences are paired. Views of one panorama are alike: the intervals speak of views like
    these, not of new places.

    Returns:
        One row per (run, mode, metric): mean, low, high, gain, gain_low, gain_high, count.

    Raises:
        ValueError: the table is not paired, some scene and exposure lacks a mode.
    """
    rows = []
    for metric in METRICS:
        wide = scores.pivot(index=["scene", "ev"], columns=["run", "mode"], values=metric)
        if wide.isna().any(axis=None):
            raise ValueError("the scores are not paired: a scene and exposure lacks a mode")
        values = wide.groupby("scene").mean()
        gains = pd.DataFrame(
            {
                (run, mode): values[run, mode] - values[run, mode if run == NO_RUN else "single"]
                for run, mode in values
            }
        )
        ends = intervals(np.stack([values, gains], axis=-1)[:, None], None, resamples, confidence, seed)
        for (run, mode), (low, gain_low), (high, gain_high) in zip(values, *ends, strict=True):
            mean, gain = values[run, mode].mean(), gains[run, mode].mean()
            rows.append(
                {"run": run, "mode": mode, "metric": metric, "mean": mean, "low": low, "high": high}
                | {"gain": gain, "gain_low": gain_low, "gain_high": gain_high, "count": len(wide)}
            )
    return pd.DataFrame(rows)


def nested(summary: pd.DataFrame) -> dict:
    """The aggregate as `{run: {mode: {metric: {mean, low, high, gain, ...}}}}`, for DVC's metrics."""
    result: dict = {}
    for row in summary.to_dict("records"):
        run, mode, metric = row.pop("run"), row.pop("mode"), row.pop("metric")
        result.setdefault(run, {}).setdefault(mode, {})[metric] = row
    return result
