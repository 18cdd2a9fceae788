"""The weight file of AHDRNet's authors."""

from pathlib import Path

from metahdr.nets.ahdrnet import AHDRNet
from metahdr.weights.check import load_strictly, read_state

_NAMES = {  # of the layers: ours, theirs
    "encoder.0": "conv1",
    "attention.0.0": "att11",
    "attention.0.2": "att12",
    "attention.1.0": "att31",
    "attention.1.2": "att32",
    "merge": "conv2",
    "fuse.0": "GFF_1x1",
    "fuse.1": "GFF_3x3",
    "head.0": "conv_up",
    "head.1": "conv3",
}
for _block in range(3):
    _NAMES[f"blocks.{_block}.fuse"] = f"RDB{_block + 1}.conv_1x1"
    for _layer in range(6):
        _NAMES[f"blocks.{_block}.layers.{_layer}"] = f"RDB{_block + 1}.dense_layers.{_layer}.conv"
_UNUSED = ("attConv1.", "attConv3.")  # their network has them and never calls them


def load_ahdrnet(path: Path) -> AHDRNet:
    """The network of the published size in the authors' state dict, in evaluation mode; nothing is executed.

    Raises:
        UserError: missing, truncated, of another layout, with values that are not finite, or more than tensors.
    """
    ours = {theirs: name for name, theirs in _NAMES.items()}
    parameters = {}
    for name, values in read_state(path, str(path)).items():
        layer, _, kind = name.rpartition(".")
        if not name.startswith(_UNUSED):
            parameters[f"{ours.get(layer, layer)}.{kind}"] = values
    network = AHDRNet()
    load_strictly(path, network, parameters)
    return network.eval()
