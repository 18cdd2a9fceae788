"""Gradient centralisation (Yong et al. 2020, "Gradient centralization: a new optimization technique")."""

from collections.abc import Iterable

from torch.nn import Parameter


def centralise(parameters: Iterable[Parameter]) -> None:
    """Subtracts from the gradient of each output's weights their mean, before an optimiser's step.

    For each output of a layer, the gradients of its weights then sum to 0. Gradients of parameters of one
    dimension, such as biases, stay as they are.
    """
    for parameter in parameters:
        if parameter.grad is not None and parameter.ndim > 1:
            parameter.grad -= parameter.grad.mean(tuple(range(1, parameter.ndim)), keepdim=True)
