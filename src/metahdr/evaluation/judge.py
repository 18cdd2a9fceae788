"""Methods compared on single exposures of scenes that none was trained on, to choose the one that labels."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch

from metahdr.evaluation.comparison import compare
from metahdr.methods.base import Method
from metahdr.metrics.hdr import LOG_RMSE, LOG_RMSE_CLIPPED, PU21_PSNR, PU21_PSNR_CLIPPED
from metahdr.metrics.metric import clipped_pixels
from metahdr.scenes import Scenes
from metahdr.training.progress import track

JUDGED_BY = (LOG_RMSE_CLIPPED, LOG_RMSE, PU21_PSNR_CLIPPED, PU21_PSNR)


@torch.inference_mode()
def judge(scenes: Scenes, methods: Sequence[Method]) -> pd.DataFrame:
    """One row for every scene, exposure, method and metric.

    Reconstruction and truth are compared in the exposure's scale, which clips at 1.0. A pixel is clipped when one
    of its channels is 255; an exposure without such a pixel has no value for that region.

    Args:
        methods: that take single exposures.

    Returns:
        scene, source, ev, clipped (share of the pixels), method, metric, value.
    """
    rows = []
    for scene in track(scenes, "judge", len(scenes)):
        scale = torch.tensor(scene.stops).exp2().view(-1, 1, 1, 1)
        truth, clipped = scene.hdr * scale, clipped_pixels(scene.ldr)
        shares = clipped.float().mean((1, 2)).tolist()
        for method in methods:
            reconstruction = method.reconstruct(scene.ldr, scene.stops) * scale
            for metric in JUDGED_BY:
                values = metric(reconstruction, truth, clipped).tolist()
                for ev, share, value in zip(scene.evs, shares, values, strict=True):
                    row = {"scene": scene.name, "source": scene.source, "ev": ev, "clipped": share}
                    rows.append(row | {"method": method.name, "metric": metric.name, "value": value})
    return pd.DataFrame(rows)


def compare_methods(rows: pd.DataFrame, ours: str, resamples: int, confidence: float, seed: int) -> pd.DataFrame:
    """Mean of every method and its difference from `ours`, with bootstrap intervals over sources.

    Whole sources are resampled, because views of one place are alike. A source counts as much as it has rows.

    Returns:
        One row per (metric, method): mean, low, high, difference, difference_low, difference_high, count.
    """
    reference = {"difference": lambda cell: cell._replace(method=ours)}
    return compare(rows, ["method"], "source", reference, resamples, confidence, seed)


def typical_scenes(rows: pd.DataFrame, ev: float, count: int = 4, share: float = 0.2) -> list[str]:
    """The scenes of a figure, chosen by rule: sources evenly spread by name, one scene of each.

    A source's scene is the one whose share of clipped pixels at `ev` is nearest to `share`.
    """
    at_ev = rows[rows.ev == ev].drop_duplicates("scene")
    sources = sorted(set(at_ev.source))
    chosen = [sources[i] for i in np.linspace(0, len(sources) - 1, min(count, len(sources))).astype(int)]
    nearest = (at_ev.clipped - share).abs().groupby(at_ev.source).idxmin()
    return [at_ev.scene[nearest[source]] for source in chosen]
