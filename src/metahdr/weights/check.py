"""The checks that every weight file passes before a network takes its values."""

import pickle
from pathlib import Path

import torch
from torch import Tensor, nn

from metahdr.errors import UserError


def read_state(path: Path, called: str) -> dict[str, Tensor]:
    """The tensors by name in a file that `torch.save` wrote; nothing in the file is executed.

    Args:
        called: how errors call the file.

    Raises:
        UserError: no such file, truncated, or something else than named tensors in it.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise UserError(f"{called}: no such file") from None
    except (RuntimeError, pickle.UnpicklingError, EOFError, LookupError, OSError, ValueError):
        state = None
    if not isinstance(state, dict) or not all(isinstance(value, Tensor) for value in state.values()):
        raise UserError(f"{called}: damaged, or not a state dict of tensors alone; give the file as published")
    return state


def load_strictly(path: Path, network: nn.Module, parameters: dict[str, Tensor]) -> None:
    """Gives a network the values of a file.

    Args:
        path: of the file, for errors.

    Raises:
        UserError: a parameter is missing, unknown, of another shape, or not finite.
    """
    expected = network.state_dict()
    for name in [*expected, *parameters]:
        if name not in parameters:
            raise UserError(f"{path}: {name} is missing")
        if name not in expected:
            raise UserError(f"{path}: {name} is not a parameter of {type(network).__name__}")
        if parameters[name].shape != expected[name].shape:
            raise UserError(
                f"{path}: {name} has shape {tuple(parameters[name].shape)}; "
                f"{type(network).__name__} has {tuple(expected[name].shape)} there"
            )
        if not torch.isfinite(parameters[name]).all():
            raise UserError(f"{path}: {name} has values that are NaN or infinite")
    network.load_state_dict(parameters)
