"""Weight files of the radiance network."""

import json
from pathlib import Path

from safetensors import safe_open
from safetensors.torch import save

from metahdr.errors import UserError
from metahdr.files import atomic_write
from metahdr.nets.radiance import RadianceNet
from metahdr.weights.check import load_strictly
from metahdr.weights.hdrcnn import read_facts


def load_radiance(path: Path) -> RadianceNet:
    """The network in a weight file, in evaluation mode.

    Raises:
        UserError: missing, truncated, of another layout, or with values that are not finite.
    """
    if not path.is_file():
        raise UserError(f"{path}: no such weight file")
    if path.suffix != ".safetensors":
        raise UserError(f"{path}: expected a weight file .safetensors")
    read_facts(path)
    network = RadianceNet()
    with safe_open(path, "pt") as file:
        parameters = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    load_strictly(path, network, parameters)
    return network.eval()


def save_radiance(path: Path, network: RadianceNet, facts: dict) -> None:
    """Writes a weight file.

    Args:
        facts: that the file carries as JSON: `trained_on` (SHA-256 of each raw HDR file by source), and more.
    """
    tensors = {name: value.detach().cpu().contiguous() for name, value in network.state_dict().items()}
    with atomic_write(path) as part:
        part.write_bytes(save(tensors, {"metahdr": json.dumps(facts, sort_keys=True)}))
