"""Test-time adaptation: the reconstructions of every test scene, held-out exposure and mode."""

import logging
from pathlib import Path

from metahdr.config.meta import Meta
from metahdr.errors import UserError
from metahdr.images import write_exr
from metahdr.labels.support import support_labels
from metahdr.losses.make import make_loss
from metahdr.meta.learner import Learner, predict
from metahdr.scenes import Scenes
from metahdr.training import checkpoint
from metahdr.training.progress import track

log = logging.getLogger(__name__)


def modes(sources: list[str]) -> list[str]:
    """Modes of a prediction: without adaptation, and adapted with the labels of each source."""
    return ["single", *(f"adapted_{source}" for source in sources)]


def load_learner(path: Path) -> tuple[Learner, Meta]:
    """The meta-parameters of a checkpoint and the settings they were trained with."""
    values = checkpoint.load(path)
    if not {"settings", "parameters"} <= values.keys():
        raise UserError(f"{path}: a checkpoint, but not of meta-training")
    settings = Meta.model_validate_json(values["settings"])
    return Learner(settings, values["parameters"]), settings


def write_predictions(model: Path, scenes: Scenes, sources: list[str], folder: Path) -> None:
    """Writes one half-float OpenEXR per scene, held-out exposure and mode."""
    learner, settings = load_learner(model)
    loss = make_loss(settings.loss, **settings.loss_options)
    for index in track(range(len(scenes)), "adapt", len(scenes)):
        scene = scenes[index]
        for held_out, ev in enumerate(scene.evs):
            labels = [None, *(support_labels(scenes, scene, held_out, source) for source in sources)]
            for mode, target in zip(modes(sources), labels, strict=True):
                steps = 0 if mode == "single" else settings.inner_steps
                image = predict(learner, scene, held_out, target, loss, steps)
                write_exr(folder / prediction_name(scene.name, ev, mode), image.numpy().transpose(1, 2, 0))


def prediction_name(scene: str, ev: float, mode: str) -> str:
    """File name of a prediction: `courtyard_3_ev+2_single.exr`, where EV +2 is the held-out exposure."""
    return f"{scene}_ev{ev:+g}_{mode}.exr"
