"""The outer loop's algorithms: the gradient that one task contributes to a meta-iteration."""

import torch
from torch import Tensor
from torch.func import functional_call

from metahdr.config.meta import Meta
from metahdr.losses.make import Loss
from metahdr.meta.engines import Pair, fast, learn2learn
from metahdr.meta.learner import Learner, adapt, leaves


def task_gradient(
    learner: Learner, support: Pair, query: Pair, loss: Loss, settings: Meta, iteration: int
) -> tuple[Tensor, list[Tensor]]:
    """A task's query loss, and for every meta-parameter the gradient that the outer optimiser takes.

    Args:
        support, query: exposures in [0, 1] and labels, `(S, 3, H, W)` and `(1, 3, H, W)`.
        settings: the algorithm, MAML with its variants, Reptile or joint training.
        iteration: of the outer loop, from 0; it decides about first-order warm-up and step weights.
    """
    if settings.algorithm == "joint":
        return joint(learner, support, query, loss)
    if settings.algorithm == "reptile":
        return reptile(learner, support, query, loss, settings.inner_steps)
    second_order = settings.second_order and iteration >= settings.first_order_iterations
    weights = step_weights(settings.inner_steps, iteration, settings.multi_step_iterations)
    arguments = (learner, support, query, loss, weights, second_order)
    if settings.engine == "learn2learn":
        return learn2learn(*arguments)
    return fast(*arguments, settings.kept_steps)


def step_weights(steps: int, iteration: int, annealing: int) -> list[float]:
    """Weights of the query loss after 0, 1, ..., `steps` inner steps; their sum is 1.

    MAML's are 0 but for the last step. MAML++'s multi-step loss (Antoniou et al. 2019, section 4) begins with
    equal weights for steps 1, 2, ... and changes them linearly to MAML's.

    Args:
        annealing: iterations until the weights are MAML's; 0: from the beginning.
    """
    early = max(0.0, 1 - iteration / annealing) / steps if annealing else 0.0
    return [0.0] + [early] * (steps - 1) + [1 - early * (steps - 1)]


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


def joint(learner: Learner, support: Pair, query: Pair, loss: Loss) -> tuple[Tensor, list[Tensor]]:
    """Training without meta-learning on the same exposures and labels as MAML: the control of the ablation.

    Every exposure has the same weight. Support and query set are batches of their own, as at test time, because
    batch normalisation makes a prediction depend on its batch.

    Returns:
        The query loss before any adaptation, and the gradients.
    """
    on_support, on_query = (loss(learner.network(x), labels) for x, labels in (support, query))
    exposures = len(support[0]) + len(query[0])
    total = (len(support[0]) * on_support + len(query[0]) * on_query) / exposures
    return on_query.detach(), list(torch.autograd.grad(total, learner.meta_parameters()))
