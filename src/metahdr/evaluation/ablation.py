"""The ablation: variants of meta-training (arms), each with the same seeds, scored and compared in pairs."""

from pathlib import Path

import numpy as np
import pandas as pd

from metahdr.evaluation.bootstrap import intervals
from metahdr.evaluation.scores import METRICS, measure
from metahdr.labels.support import support_labels
from metahdr.losses.losses import make_loss
from metahdr.meta.learner import predict
from metahdr.methods.metahdr import load_learner
from metahdr.scenes import Scenes
from metahdr.training.progress import track

MODES = ("single", "adapted")  # without adaptation, and adapted with labels of the source it was trained with
QUANTITIES = (
    ("mean", "low", "high"),
    ("gain", "gain_low", "gain_high"),
    ("difference", "difference_low", "difference_high"),
)


def score_arm(scenes: Scenes, model: Path, source: str, arm: str, seed: int) -> pd.DataFrame:
    """One row for every scene, held-out exposure and mode of one meta-training.

    Args:
        model: its checkpoint.
        source: of the support sets' labels, see `meta.runs`.
        arm, seed: what the rows are marked with.
    """
    learner, settings = load_learner(model)
    loss = make_loss(settings)
    rows = []
    for index in track(range(len(scenes)), "adapt", len(scenes)):
        scene = scenes[index]
        for held_out, ev in enumerate(scene.evs):
            labels = support_labels(scenes, scene, held_out, source)
            for mode, steps in zip(MODES, (0, settings.inner_steps), strict=True):
                image = predict(learner, scene, held_out, labels, loss, steps)
                row = {"arm": arm, "seed": seed, "scene": scene.name, "source": scene.source, "ev": ev}
                rows.append(row | {"mode": mode} | measure(scene, image))
    return pd.DataFrame(rows)


def compare_arms(
    scores: pd.DataFrame, baseline: str, resamples: int, confidence: float, seed: int
) -> pd.DataFrame:
    """Means of every arm and mode, the gain of adaptation and the difference from the baseline, with intervals.

    A gain is paired by scene, exposure and seed, and so is a difference, which is one of the same mode. Scenes,
    all of a scene's exposures together, and seeds of meta-training are resampled independently, the same ones
    for every arm and mode.

    Args:
        scores: from `score_arm`, of all arms and seeds; arms keep the order of their first rows.
        baseline: the arm that all are compared with; it comes first.

    Returns:
        One row per (metric, arm, mode): mean, low, high, gain, gain_low, gain_high, difference, difference_low,
        difference_high, seed_std (standard deviation of the seeds' means, missing for a single seed), count.

    Raises:
        ValueError: the table is not paired, some scene and exposure lacks an arm, mode or seed.
    """
    arms = [baseline, *(arm for arm in dict.fromkeys(scores.arm) if arm != baseline)]
    columns = pd.MultiIndex.from_product([sorted(set(scores.seed)), arms, MODES], names=["seed", "arm", "mode"])
    rows = []
    for metric in METRICS:
        wide = scores.pivot(index=["scene", "ev"], columns=columns.names, values=metric).reindex(columns=columns)
        if wide.isna().any(axis=None):
            raise ValueError("the scores are not paired: a scene and exposure lacks an arm, mode or seed")
        means = wide.groupby("scene").mean()
        values = means.to_numpy().reshape(len(means), *columns.levshape)
        gains, differences = values - values[..., :1], values - values[:, :, :1]
        quantities = np.stack([values, gains, differences], axis=-1)
        centres, ends = quantities.mean((0, 1)), intervals(quantities, None, resamples, confidence, seed)
        spread = means.mean().groupby(["arm", "mode"]).std()
        for a, arm in enumerate(arms):
            for m, mode in enumerate(MODES):
                row = {"metric": metric, "arm": arm, "mode": mode}
                for names, *numbers in zip(QUANTITIES, centres[a, m], *ends[:, a, m], strict=True):
                    row |= dict(zip(names, numbers, strict=True))
                rows.append(row | {"seed_std": spread[arm, mode], "count": wide.shape[0] * columns.levshape[0]})
    return pd.DataFrame(rows)
