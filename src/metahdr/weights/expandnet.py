"""The weight file of ExpandNet's authors."""

from pathlib import Path

from metahdr.nets.expandnet import ExpandNet
from metahdr.weights.check import load_strictly, read_state


def load_expandnet(path: Path) -> ExpandNet:
    """The network in the authors' state dict, in evaluation mode; nothing in the file is executed.

    Raises:
        UserError: missing, truncated, of another layout, with values that are not finite, or more than tensors.
    """
    network = ExpandNet()
    load_strictly(path, network, read_state(path, str(path)))
    return network.eval()
