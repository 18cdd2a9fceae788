"""The weight file of ExpandNet's authors."""

import pickle
from pathlib import Path

import torch

from metahdr.errors import UserError
from metahdr.nets.expandnet import ExpandNet
from metahdr.weights.check import load_strictly


def load_expandnet(path: Path) -> ExpandNet:
    """The network in the authors' state dict, in evaluation mode; nothing in the file is executed.

    Raises:
        UserError: missing, truncated, of another layout, with values that are not finite, or more than tensors.
    """
    if not path.is_file():
        raise UserError(f"{path}: no such weight file")
    try:
        parameters = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, pickle.UnpicklingError, EOFError, LookupError, OSError, ValueError):
        raise UserError(f"{path}: truncated, or more than tensors in it; it is not read") from None
    if not isinstance(parameters, dict) or not all(isinstance(v, torch.Tensor) for v in parameters.values()):
        raise UserError(f"{path}: expected named tensors, found {type(parameters).__name__}")
    network = ExpandNet()
    load_strictly(path, network, parameters)
    return network.eval()
