"""The checkpoint of Wu's authors: their residual network."""

from pathlib import Path

import torch

from metahdr.nets.wu import WuNet
from metahdr.weights.check import load_strictly
from metahdr.weights.tensorflow import read_checkpoint

_LAYERS = {  # theirs: ours
    **{f"encoder{n + 1}/g_e1_conv": f"level1.{n}" for n in range(3)},
    **{f"encoder{n + 1}/g_e2_conv": f"level2.{n}.1" for n in range(3)},
    **{f"encoder{n + 1}/g_e2_bn": f"level2.{n}.2" for n in range(3)},
    "merger/g_e3_conv": "level3.1",
    "merger/g_e3_bn": "level3.2",
    **{f"merger/g_r{n + 1}_c{i + 1}": f"translate.{n}.layers.{3 * i}" for n in range(9) for i in range(2)},
    **{f"merger/g_r{n + 1}_bn{i + 1}": f"translate.{n}.layers.{3 * i + 1}" for n in range(9) for i in range(2)},
    **{f"decoder/g_d{4 - level}": f"up{level}.1" for level in (3, 2, 1)},
    **{f"decoder/g_d{4 - level}_bn": f"up{level}.2" for level in (3, 2, 1)},
    "decoder/g_d_out_conv": "head.1",
}
_VALUES = {
    **{"w": "weight", "biases": "bias", "gamma": "weight", "beta": "bias"},
    **{"moving_mean": "running_mean", "moving_variance": "running_var"},
}  # others, such as an optimiser's, are left out


def load_wu(path: Path) -> WuNet:
    """The residual network with the values of the authors' zip archive, in evaluation mode.

    Theirs takes and gives values in [-1, 1] with a tanh, and pads one more pixel at the right and the bottom. Ours
    has [0, 1], a sigmoid, and that pixel at the left and the top. With the first and the last layer scaled and all
    kernels turned, the images are the same.

    Raises:
        UserError: missing, damaged, of another layout, or with values that are not finite.
    """
    network = WuNet("resnet", residual_kernel=3, turned=True)
    parameters = {name: value for name, value in network.state_dict().items() if "num_batches" in name}
    for name, array in read_checkpoint(path).items():
        layer, _, value = name.removeprefix("generator/").rpartition("/")
        if value in _VALUES:
            tensor = torch.from_numpy(array.copy())
            if tensor.ndim == 4:  # height, width, in, out; of transposed convolutions out, in
                tensor = tensor.permute(3, 2, 0, 1).flip(-2, -1).contiguous()
            parameters[f"{_LAYERS.get(layer, layer)}.{_VALUES[value]}"] = tensor
    load_strictly(path, network, parameters)
    with torch.no_grad():
        for first in network.level1:  # of 2 x - 1
            first.bias -= first.weight.sum((1, 2, 3))
            first.weight *= 2
        last = network.head[1]  # (tanh(x) + 1) / 2 is the sigmoid of 2 x
        last.weight *= 2
        last.bias *= 2
    return network.eval()
