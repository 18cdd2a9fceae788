"""The ablation: variants of meta-training (arms), each with the same seeds, scored and compared in pairs."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from metahdr.config.photometry import Photometry
from metahdr.config.score import METAHDR
from metahdr.errors import UserError
from metahdr.evaluation.comparison import compare
from metahdr.evaluation.predictions import reconstruct
from metahdr.evaluation.scores import check_not_empty
from metahdr.metrics.measure import measure
from metahdr.metrics.metric import Metric
from metahdr.registry import METHODS
from metahdr.scenes.scene import Scenes
from metahdr.training import processes
from metahdr.training.progress import track

MODES = ("single", "adapted")  # without adaptation, and adapted with labels of the source it was trained with


def score_arm(
    scenes: Scenes,
    model: Path,
    label_source: str,
    arm: str,
    seed: int,
    metrics: Sequence[Metric],
    photometry: Photometry,
    weights: Mapping[str, Path],
) -> pd.DataFrame:
    """Every metric of the reconstructions of one meta-training, which are not written.

    Args:
        model: its checkpoint.
        label_source: of the support sets, see `meta.runs`.
        arm, seed: what the rows are marked with.
        weights: paths of the files that metrics need, by their name in `config/weights.yaml`.

    Returns:
        One row a value: arm, seed, scene, source, place, ev (of the held-out exposure), mode, metric, alignment,
        region, value.

    Raises:
        UserError: there is no scene, or a reconstruction is not finite.
    """
    check_not_empty(scenes, scenes.folder)
    device = str(processes.device())
    method = METHODS[METAHDR].load(model, device)
    rows = []
    for scene in track(scenes, "adapt", len(scenes)):
        where = {"arm": arm, "seed": seed, "scene": scene.name, "source": scene.source, "place": scene.place}
        for held_out, ev in enumerate(scene.evs):
            images = reconstruct(method, scenes, scene.to(device), held_out, [label_source])
            for mode, image in zip(MODES, (image.cpu() for image in images.values()), strict=True):
                if not image.isfinite().all():
                    raise UserError(
                        f"{model}: arm {arm}, seed {seed}: the reconstruction of {scene.name}, EV {ev:+g} held "
                        f"out, mode {mode}, is not finite; try a smaller meta.inner_lr for this arm"
                    )
                values = measure(image, scene.hdr, scene.ldr[held_out], metrics, photometry, weights)
                rows += [where | {"ev": ev, "mode": mode} | value._asdict() for value in values]
    return pd.DataFrame(rows)


def compare_arms(scores: pd.DataFrame, baseline: str, confidence: float) -> pd.DataFrame:
    """Means of every arm and mode, the gain of adaptation and the difference from the baseline, with intervals.

    A gain is over the same arm without adaptation, a difference from the baseline in the same mode. The intervals
    are over places and seeds of meta-training.

    Args:
        scores: from `score_arm`, of all arms and seeds; arms keep the order of their first rows.
        baseline: the arm that all are compared with; it comes first.

    Returns:
        One row per (metric, alignment, region, arm, mode): mean, low, high, gain, gain_low, gain_high, difference,
        difference_low, difference_high, seed_std (standard deviation of the seeds' means, missing for a single
        seed), count.

    Raises:
        ValueError: the table is not paired, some scene and exposure lacks an arm, mode or seed.
    """
    first = scores.arm == baseline
    references = {
        "gain": lambda cell: cell._replace(mode=MODES[0]),
        "difference": lambda cell: cell._replace(arm=baseline),
    }
    rows = pd.concat([scores[first], scores[~first]])
    return compare(rows, ["arm", "mode"], "place", references, confidence, repetition="seed")
