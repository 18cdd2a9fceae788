"""MAML's meta-gradient of one task, by two engines with the same result: a fast one of little memory, and
learn2learn's."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.func import functional_call

from metahdr.losses.make import Loss
from metahdr.meta.learner import Learner, leaves, rate_at, sgd_step

Pair = tuple[Tensor, Tensor]  # exposures and their labels


def fast(
    learner: Learner,
    support: Pair,
    query: Pair,
    loss: Loss,
    weights: Sequence[float],
    second_order: bool,
    kept_steps: int = 1,
    inner_loss: Loss | None = None,
) -> tuple[Tensor, list[Tensor]]:
    """The query loss and its gradient with respect to the meta-parameters, by going back through the inner steps.

    An inner step is t' = t - a g(t), with rate a and gradient g of the support loss (Finn et al. 2017, section
    2.2). If v is the gradient of the query loss with respect to t', then v - H a v is the one with respect to t,
    where H is the Hessian of the support loss at t, and -v g is the one with respect to a. The forward pass saves
    the parameters of every step. The backward pass needs one Hessian-vector product per step, and so the autograd
    graph of one step at a time: memory hardly grows with the number of steps.

    Args:
        support, query: exposures in [0, 1] and labels, `(S, 3, H, W)` and `(1, 3, H, W)`.
        weights: of the query loss after 0, 1, ..., K steps, which sets the number of steps K.
        second_order: False neglects H (first-order MAML).
        kept_steps: number of last steps whose graph is kept from the forward pass, not computed a second time:
            less time for more memory.
        inner_loss: of the support set; None: `loss`.

    Returns:
        The weighted sum of the query losses, detached, and one gradient for each of `learner.meta_parameters()`.
    """
    network, rates, inner_loss = learner.network, learner.rates(), inner_loss or loss
    steps = len(weights) - 1
    points, gradients = [leaves(learner.parameters_of_network())], []

    def support_gradient(point: dict[str, Tensor], graph: bool) -> tuple[Tensor, ...]:
        value = inner_loss(functional_call(network, point, support[0]), support[1])
        return torch.autograd.grad(value, [point[name] for name in rates], create_graph=graph)

    for step in range(steps):
        gradients.append(support_gradient(points[step], second_order and step >= steps - kept_steps))
        with torch.no_grad():
            points.append(leaves(sgd_step(points[step], rates, gradients[step], step)))

    total = torch.zeros_like(query[1][0, 0, 0, 0])
    v = {name: torch.zeros_like(value) for name, value in points[0].items()}
    by_rate = [torch.zeros_like(rate) for rate in learner.learned_rates]
    for step in reversed(range(steps + 1)):
        point = points.pop()
        if weights[step]:
            value = weights[step] * loss(functional_call(network, point, query[0]), query[1])
            total += value.detach()
            _add(v, torch.autograd.grad(value, point.values()))
        if step == 0:
            break
        before, of_step = points[-1], gradients.pop()
        for rate_gradient, name, g in zip(by_rate, rates, of_step, strict=False):
            entry = rate_gradient[min(step - 1, len(rate_gradient) - 1)]
            entry -= (v[name] * g.detach()).sum_to_size(entry.shape)
        if second_order:
            if not of_step[0].requires_grad:
                of_step = support_gradient(before, graph=True)
            moved = [-rate_at(rate, step - 1) * v[name] for name, rate in rates.items()]
            with torch.no_grad():
                _add(v, torch.autograd.grad(of_step, before.values(), [m.detach() for m in moved]))
    return total, [*v.values(), *by_rate]


def learn2learn(
    learner: Learner,
    support: Pair,
    query: Pair,
    loss: Loss,
    weights: Sequence[float],
    second_order: bool,
    inner_loss: Loss | None = None,
) -> tuple[Tensor, list[Tensor]]:
    """The same by learn2learn's MAML, which differentiates through the whole inner loop: the reference.

    Arguments and result are those of `fast`. Rates must be fixed, and all of the network's parameters adapt.
    """
    from metahdr.meta.reference import MAML  # slow: it imports gym and torchvision

    maml = MAML(learner.network, lr=learner.inner_lr, first_order=not second_order, allow_nograd=True)
    clone = maml.clone()
    total = torch.zeros_like(query[1][0, 0, 0, 0])
    for step, weight in enumerate(weights):
        if step:
            clone.adapt((inner_loss or loss)(clone(support[0]), support[1]))
        if weight:
            total = total + weight * loss(clone(query[0]), query[1])
    return total.detach(), list(torch.autograd.grad(total, learner.parameters_of_network().values()))


def _add(sums: dict[str, Tensor], terms: Sequence[Tensor]) -> None:
    for value, term in zip(sums.values(), terms, strict=True):
        value += term
