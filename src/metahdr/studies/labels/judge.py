"""Methods compared on single exposures of scenes that none was trained on, to choose the one that labels."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import torch

from metahdr.config.photometry import Photometry
from metahdr.methods.base import Method
from metahdr.metrics.hdr import LOG_RMSE
from metahdr.metrics.metric import clipped_pixels
from metahdr.metrics.pu21 import PU21_PSNR
from metahdr.scenes.scene import Scenes
from metahdr.studies.exposure import values
from metahdr.training.progress import track

REGIONS = ("clipped", "all")
# A label is used as it is: nothing is forgiven.
JUDGED_BY = [replace(metric, alignments=("plain",), regions=REGIONS) for metric in (LOG_RMSE, PU21_PSNR)]


@torch.inference_mode()
def judge(scenes: Scenes, methods: Sequence[Method], photometry: Photometry) -> pd.DataFrame:
    """One row for every scene, exposure, method, metric and region.

    A pixel is clipped when one of its channels is 255. An exposure without such a pixel has no value for that
    region.

    Args:
        methods: that take single exposures.

    Returns:
        As `values`.
    """
    rows = []
    for scene in track(scenes, "judge", len(scenes)):
        images = {method.name: method.reconstruct(scene.ldr, scene.stops) for method in methods}
        for index, clipped in enumerate(clipped_pixels(scene.ldr)):
            rows += values(scene, index, images, clipped, JUDGED_BY, photometry)
    return pd.DataFrame(rows)


def typical_scenes(rows: pd.DataFrame, ev: float, count: int = 4, share: float = 0.2) -> list[str]:
    """The scenes of a figure, chosen by rule: sources evenly spread by name, one scene of each.

    A source's scene is the one whose share of clipped pixels at `ev` is nearest to `share`.
    """
    at_ev = rows[rows.ev == ev].drop_duplicates("scene")
    sources = sorted(set(at_ev.source))
    chosen = [sources[i] for i in np.linspace(0, len(sources) - 1, min(count, len(sources))).astype(int)]
    nearest = (at_ev.clipped - share).abs().groupby(at_ev.source).idxmin()
    return [at_ev.scene[nearest[source]] for source in chosen]
