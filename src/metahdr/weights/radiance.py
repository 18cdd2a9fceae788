"""Weight files of the radiance network."""

from pathlib import Path

from metahdr.nets.radiance import RadianceNet
from metahdr.weights.ours import load_network


def load_radiance(path: Path) -> RadianceNet:
    """The network in a weight file, in evaluation mode; errors as `load_network`."""
    return load_network(path, lambda facts: RadianceNet())[0]
