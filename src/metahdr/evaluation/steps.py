"""The value of a reconstruction against the number of inner steps that the network was adapted by."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd
import torch
from torch import Tensor
from torch.func import functional_call

from metahdr.config.photometry import Photometry
from metahdr.evaluation.examples import evenly
from metahdr.losses.make import make_loss
from metahdr.meta.learner import adapt, leaves, query, support
from metahdr.meta.support import support_labels
from metahdr.methods.metahdr import load_learner
from metahdr.metrics.measure import measure
from metahdr.metrics.metric import Metric
from metahdr.scenes.scene import Scenes
from metahdr.training.progress import track

STEPS = 10
IMAGES = 24  # at most


def values_by_step(
    checkpoint: Path, scenes: Scenes, label_source: str, metrics: Sequence[Metric], photometry: Photometry
) -> pd.DataFrame:
    """Measures reconstructions after 0 to `STEPS` steps, also beyond those that the network was trained for.

    At most `IMAGES` images: scenes evenly spread over the split, of the first one the first exposure, of the next
    one the second, and so on.

    Args:
        checkpoint: of a meta-training.
        label_source: of the support sets.
        metrics: that need no weights; measured as predicted, over whole images.

    Returns:
        scene, place, ev, step, metric, value.
    """
    learner, settings = load_learner(checkpoint)
    loss = make_loss(settings.inner, **settings.loss_options)
    plain = [replace(metric, alignments=("plain",), regions=("all",)) for metric in metrics]
    chosen = evenly(len(scenes), IMAGES)
    rows = []
    for number, index in enumerate(track(chosen, "steps", len(chosen))):
        scene = scenes[index]
        held_out = number % len(scene.evs)
        labels = support_labels(scenes, scene, held_out, label_source)
        row = {"scene": scene.name, "place": scene.place, "ev": scene.evs[held_out]}
        parameters = leaves(learner.parameters_of_network())
        for step in range(STEPS + 1):
            if step:
                rates = {name: _of_step(rate, step - 1) for name, rate in learner.rates().items()}
                shown = support(scene, held_out, labels)
                parameters = adapt(learner.network, parameters, rates, *shown, loss, 1)
            with torch.no_grad():
                image = functional_call(learner.network, parameters, query(scene, held_out)[0])[0]
            values = measure(image, scene.hdr, scene.ldr[held_out], plain, photometry, {})
            rows += [row | {"step": step, "metric": value.metric, "value": value.value} for value in values]
    return pd.DataFrame(rows)


def _of_step(rate: float | Tensor, step: int) -> float | Tensor:
    """The rates from a step on, so that the first one is that step's; past the last rate, the last one."""
    return rate[min(step, len(rate) - 1) :] if isinstance(rate, Tensor) else rate
