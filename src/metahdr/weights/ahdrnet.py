"""The weight file of AHDRNet's authors."""

from pathlib import Path

from metahdr.nets.ahdrnet import AHDRNet
from metahdr.weights.check import load_strictly, read_state

_LAYERS = {  # theirs: ours
    "conv1": "encoder.0",
    "att11": "attention.0.0",
    "att12": "attention.0.2",
    "att31": "attention.1.0",
    "att32": "attention.1.2",
    "conv2": "merge",
    "GFF_1x1": "fuse.0",
    "GFF_3x3": "fuse.1",
    "conv_up": "head.0",
    "conv3": "head.1",
    **{f"RDB{n + 1}.conv_1x1": f"blocks.{n}.fuse" for n in range(3)},
    **{f"RDB{n + 1}.dense_layers.{i}.conv": f"blocks.{n}.layers.{i}" for n in range(3) for i in range(6)},
}
_UNUSED = ("attConv1.", "attConv3.")  # their network has them and never calls them


def load_ahdrnet(path: Path) -> AHDRNet:
    """The network of the published size in the authors' state dict, in evaluation mode; nothing is executed.

    Raises:
        UserError: missing, truncated, of another layout, with values that are not finite, or more than tensors.
    """
    parameters = {}
    for name, values in read_state(path, str(path)).items():
        layer, _, kind = name.rpartition(".")
        if not name.startswith(_UNUSED):
            parameters[f"{_LAYERS.get(layer, layer)}.{kind}"] = values
    network = AHDRNet()
    load_strictly(path, network, parameters)
    return network.eval()
