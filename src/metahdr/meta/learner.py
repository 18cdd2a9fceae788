"""The inner loop. `adapt` is the only place where a network takes gradient steps on a scene."""

import gym_notices.notices
import torch
from torch import Tensor

import metahdr.torchvision_cpu  # noqa: F401  before learn2learn, which imports torchvision

gym_notices.notices.notices.clear()  # learn2learn imports gym, which prints advice about itself
from learn2learn.algorithms import MAML  # noqa: E402

from metahdr.config import Meta  # noqa: E402
from metahdr.losses import Loss  # noqa: E402
from metahdr.nets.networks import make_network  # noqa: E402
from metahdr.scenes import Task  # noqa: E402


def make_learner(settings: Meta, parameters: dict[str, Tensor] | None = None) -> MAML:
    """The configured network inside learn2learn's MAML; its parameters are freshly drawn, or a checkpoint's."""
    return MAML(make_network(settings, parameters), lr=settings.inner_lr, first_order=not settings.second_order)


def adapt(
    learner: MAML, x: Tensor, labels: Tensor, loss: Loss, steps: int, first_order: bool | None = None
) -> MAML:
    """A clone of the learner after gradient steps on the support set, differentiable down to the learner.

    Args:
        learner: holds the meta-parameters; they are not changed.
        x: support exposures in [0, 1], `(S, 3, H, W)`.
        labels: their HDR labels clipped to [0, 1], of the same shape.
        loss: of a prediction and its label.
        steps: number of gradient steps; 0 is single-shot.
        first_order: drop the inner gradients' own derivatives; default: as the learner says. The adapted
            values are the same either way.
    """
    clone = learner.clone(first_order=first_order)
    for _ in range(steps):
        clone.adapt(loss(clone(x), labels), allow_nograd=True)  # a frozen encoder's parameters
    return clone


def support(task: Task, held_out: int, labels: Tensor | None) -> tuple[Tensor, Tensor]:
    """The exposures that are not held out, with their labels clipped to [0, 1].

    Args:
        labels: of those exposures, `(S, 3, H, W)`, from `support_labels`; None: the true HDR image for each.
    """
    others = [i for i in range(len(task.evs)) if i != held_out]
    if labels is None:
        labels = task.hdr.expand(len(others), -1, -1, -1)
    return task.ldr[others], labels.clamp(0, 1)


def query(task: Task, held_out: int) -> tuple[Tensor, Tensor]:
    """The held-out exposure `(1, 3, H, W)` and the HDR truth clipped to [0, 1]."""
    return task.ldr[held_out : held_out + 1], task.hdr[None].clamp(0, 1)


def predict(learner: MAML, task: Task, held_out: int, labels: Tensor | None, loss: Loss, steps: int) -> Tensor:
    """The reconstruction `(3, H, W)` from the held-out exposure, adapted on the others; the same for validation
    and test."""
    clone = adapt(learner, *support(task, held_out, labels), loss, steps, first_order=True)
    with torch.no_grad():
        return clone(query(task, held_out)[0])[0]
