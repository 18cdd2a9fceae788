"""Gradient centralisation (Yong et al. 2020, "Gradient centralization: a new optimization technique")."""

from collections.abc import Iterable

from torch.nn import Parameter


def centralise(parameters: Iterable[Parameter]) -> None:
    """Takes from each weight's gradient its mean over all that one output adds up; before an optimiser's step.

    So every output's gradient sums to 0. Parameters of one dimension, such as biases, stay as they are.
    """
    for parameter in parameters:
        if parameter.grad is not None and parameter.ndim > 1:
            parameter.grad -= parameter.grad.mean(tuple(range(1, parameter.ndim)), keepdim=True)
