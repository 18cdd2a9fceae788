"""The outer loop's algorithms: the gradient that one task contributes to a meta-iteration."""

import torch
from torch import Tensor
from torch.func import functional_call

from metahdr.config.meta import Meta
from metahdr.losses.make import Loss
from metahdr.meta.engines import Pair, fast, learn2learn
from metahdr.meta.learner import Learner, adapt, leaves


def task_gradient(
    learner: Learner,
    support: Pair,
    query: Pair,
    loss: Loss,
    settings: Meta,
    iteration: int,
    inner_loss: Loss | None = None,
) -> tuple[Tensor, list[Tensor]]:
    """A task's query loss, and for every meta-parameter the gradient that the outer optimiser takes.

    Args:
        support, query: exposures in [0, 1] and labels, `(S, 3, H, W)` and `(1, 3, H, W)`.
        settings: the algorithm, MAML with its variants, Reptile or joint training.
        iteration: of the outer loop, from 0; it decides about first-order warm-up and step weights.
        inner_loss: of the inner loop; None: `loss`.
    """
    if settings.algorithm == "joint":  # the control, which differs from MAML in the inner loop alone
        return fast(learner, support, query, loss, [1.0], second_order=False)
    if settings.algorithm == "reptile":
        return reptile(learner, support, query, inner_loss or loss, settings.inner_steps)
    second_order = settings.second_order and iteration >= settings.first_order_iterations
    annealing, first = settings.multi_step_iterations, settings.single_shot_weight
    weights = step_weights(settings.inner_steps, iteration, annealing, first)
    arguments = (learner, support, query, loss, weights, second_order)
    if settings.engine == "learn2learn":
        return learn2learn(*arguments, inner_loss)
    return fast(*arguments, settings.kept_steps, inner_loss)


def step_weights(steps: int, iteration: int, annealing: int, first: float = 0.0) -> list[float]:
    """Weights of the query loss after 0, 1, ..., `steps` inner steps; their sum is 1.

    MAML's are 0 but for the last step. MAML++'s multi-step loss (Antoniou et al. 2019, section 4) begins with
    equal weights for steps 1, 2, ... and changes them linearly to MAML's.

    Args:
        annealing: iterations until the weights are MAML's; 0: from the beginning.
        first: weight of the loss after 0 steps, for a network that is of use before it is adapted.
    """
    early = max(0.0, 1 - iteration / annealing) / steps if annealing else 0.0
    later = [early] * (steps - 1) + [1 - early * (steps - 1)]
    return [first, *((1 - first) * weight for weight in later)]


def reptile(learner: Learner, support: Pair, query: Pair, loss: Loss, steps: int) -> tuple[Tensor, list[Tensor]]:
    """Reptile (Nichol et al. 2018, algorithm 2): parameters before minus parameters after steps on the task.

    Reptile has no query set: each step is on all exposures of the scene, the support set with its labels and the
    query exposure with the truth. The difference is divided by the inner learning rate, which makes it a sum of
    gradients.

    Returns:
        The query loss after the steps, and the differences.
    """
    start = leaves(learner.parameters_of_network())
    x, labels = (torch.cat(images) for images in zip(support, query, strict=True))
    adapted = adapt(learner.network, start, learner.rates(), x, labels, loss, steps)
    with torch.no_grad():
        value = loss(functional_call(learner.network, adapted, query[0]), query[1])
        difference = [(start[name] - adapted[name]) / learner.inner_lr for name in start]
    return value, difference
