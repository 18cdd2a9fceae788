"""Weight files of the radiance network."""

from pathlib import Path

from safetensors import safe_open

from metahdr.errors import UserError
from metahdr.nets.radiance import RadianceNet
from metahdr.weights.check import load_strictly
from metahdr.weights.ours import read_facts


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
