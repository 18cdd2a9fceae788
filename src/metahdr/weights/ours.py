"""This project's own weight files: safetensors with the facts of the training as JSON."""

import json
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import nn

from metahdr.errors import UserError
from metahdr.files import atomic_write


def save_network(path: Path, network: nn.Module, facts: dict) -> None:
    """Writes a weight file of this project.

    Args:
        facts: that the file carries as JSON: `trained_on` (SHA-256 of each raw HDR file by source), and more, such
            as HDR-CNN's `width`.
    """
    tensors = {name: value.detach().cpu().contiguous() for name, value in network.state_dict().items()}
    with atomic_write(path) as part:
        # save_file would put another file in its place, which the user alone may read.
        part.write_bytes(save(tensors, {"metahdr": json.dumps(facts, sort_keys=True)}))


def read_facts(path: Path) -> dict:
    """The facts in a weight file of this project; empty for the authors' files.

    Raises:
        UserError: truncated, or not a file of this project.
    """
    if path.suffix != ".safetensors":
        return {}
    try:
        with safe_open(path, "pt") as file:
            return json.loads((file.metadata() or {})["metahdr"])
    except (SafetensorError, OSError, KeyError, ValueError):
        raise UserError(f"{path}: truncated, or not a weight file of metahdr") from None
