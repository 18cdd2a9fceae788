"""The networks that meta-training chooses from."""

from collections.abc import Callable
from pathlib import Path

from torch import Tensor, nn

from metahdr.registry import NETWORKS
from metahdr.weights.imagenet import load_resnet18


def make_network(
    name: str,
    filters: int,
    norm: str,
    head: Callable[[Tensor], Tensor],
    encoder: str | None = None,
    parameters: dict[str, Tensor] | None = None,
) -> nn.Module:
    """The network of that name, `(N, 3, H, W)` in [0, 1] to radiance of the same shape in the head's range.

    Args:
        name: in the registry of networks.
        filters, norm, head: as the network's constructor takes them.
        encoder: file of resnet18's frozen weights; None draws them. It is not read where parameters are given.
        parameters: of a checkpoint, with those of a frozen encoder; None draws them.

    Raises:
        UserError: no network has that name; the encoder's file is missing or something else.
    """
    network = NETWORKS[name](filters, norm, head)
    if parameters is not None:
        network.load_state_dict(parameters)
    elif name == "resnet18":
        load_resnet18(network.encoder, encoder and Path(encoder), "meta.encoder")
    return network
