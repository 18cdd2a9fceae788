"""This project's own weight files: safetensors with the facts of the training as JSON."""

import json
from collections.abc import Callable
from pathlib import Path

from safetensors import safe_open
from safetensors.torch import save
from torch import nn

from metahdr.errors import UserError
from metahdr.files import atomic_write
from metahdr.weights.check import load_strictly
from metahdr.weights.facts import KEY, read_facts


def save_network(path: Path, network: nn.Module, facts: dict) -> None:
    """Writes a weight file of this project.

    Args:
        facts: that the file carries as JSON: `trained_on` (SHA-256 of each raw HDR file by source), and more, such
            as HDR-CNN's `width`.
    """
    tensors = {name: value.detach().cpu().contiguous() for name, value in network.state_dict().items()}
    with atomic_write(path) as part:
        # save_file would replace the file by another one, which only its owner may read.
        part.write_bytes(save(tensors, {KEY: json.dumps(facts, sort_keys=True)}))


def load_network(path: Path, build: Callable[[dict], nn.Module]) -> tuple[nn.Module, dict]:
    """The network in a weight file of this project, in evaluation mode, and the file's facts.

    Args:
        build: makes the network from the facts.

    Raises:
        UserError: missing, truncated, of another layout, or with values that are not finite.
    """
    if not path.is_file():
        raise UserError(f"{path}: no such weight file")
    if path.suffix != ".safetensors":
        raise UserError(f"{path}: expected a weight file .safetensors")
    facts = read_facts(path)
    network = build(facts)
    with safe_open(path, "pt") as file:
        parameters = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    load_strictly(path, network, parameters)
    return network.eval(), facts
