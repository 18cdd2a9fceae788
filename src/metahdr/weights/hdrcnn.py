"""Weight files of HDR-CNN: this project's and the authors'."""

from pathlib import Path

import numpy as np
import torch

from metahdr.errors import UserError
from metahdr.nets.hdrcnn import HDRCNN
from metahdr.weights.arrays import read_arrays
from metahdr.weights.check import load_strictly
from metahdr.weights.ours import load_network

BATCH_NORM_FIRST = ("bias", "weight", "running_mean", "running_var")  # TensorLayer: beta, gamma, mean, variance


def load_hdrcnn(path: Path) -> HDRCNN:
    """The network in a weight file, in evaluation mode: `.safetensors` is this project's, `.npz` the authors'.

    Raises:
        UserError: missing, truncated, of another layout, with values that are not finite, or a pickle.
    """
    readers = {".safetensors": _load_ours, ".npz": load_official}
    if path.suffix not in readers:
        raise UserError(f"{path}: expected a weight file {' or '.join(readers)}")
    if not path.is_file():
        raise UserError(f"{path}: no such weight file")
    return readers[path.suffix](path).eval()


def load_official(path: Path) -> HDRCNN:
    """HDR-CNN from TensorLayer's list of 80 arrays, in the order in which the layers were made.

    Convolutions are stored (height, width, in, out), transposed ones (height, width, out, in): both become
    PyTorch's by reversing the axes to (3, 2, 0, 1).
    """
    network = HDRCNN()
    expected, names = network.state_dict(), official_names(network)
    arrays = read_arrays(path, [_stored_shape(expected[name]) for name in names])
    parameters = {name: value for name, value in expected.items() if name.endswith("num_batches_tracked")}
    for name, array in zip(names, arrays, strict=True):
        tensor = torch.from_numpy(np.array(array, np.float32))
        parameters[name] = tensor.permute(3, 2, 0, 1).contiguous() if array.ndim == 4 else tensor
    load_strictly(path, network, parameters)
    return network


def official_names(network: HDRCNN) -> list[str]:
    """Our names of the 80 arrays of the official file, in its order."""

    def pair(name: str) -> list[str]:
        return [f"{name}.weight", f"{name}.bias"]

    def norm(name: str) -> list[str]:
        return [f"{name}.{part}" for part in BATCH_NORM_FIRST]

    names = [
        n for i, stage in enumerate(network.encoder) for j in range(len(stage)) for n in pair(f"encoder.{i}.{j}")
    ]
    names += pair("bottom") + norm("bottom_norm")
    for level in range(len(network.up)):
        names += pair(f"up.{level}") + norm(f"up_norm.{level}") + pair(f"fuse.{level}")
    return names + pair("head") + norm("head_norm") + pair("fuse_input")


def _stored_shape(parameter: torch.Tensor) -> tuple[int, ...]:
    shape = tuple(parameter.shape)
    return (*shape[2:], shape[1], shape[0]) if len(shape) == 4 else shape


def _load_ours(path: Path) -> HDRCNN:
    def build(facts: dict) -> HDRCNN:
        width = facts.get("width")
        if not (isinstance(width, int | float) and 0 < width <= 1):
            raise UserError(f"{path}: its facts say width {width!r}; expected a number above 0, at most 1")
        return HDRCNN(width)

    return load_network(path, build)[0]
