"""Checkpoints: plain tensors, numbers and text, written whole, read without unpickling anything else."""

import logging
import pickle
from pathlib import Path
from typing import Any

import torch

from metahdr.errors import UserError
from metahdr.files import whole

log = logging.getLogger(__name__)


def save(path: Path, values: dict[str, Any]) -> None:
    """Writes a checkpoint; a reader sees the old one or the new one, never a part."""
    with whole(path) as part:
        torch.save(values, part)


def load_state(path: Path, identity: str) -> dict[str, Any] | None:
    """The state of an interrupted training; None where there is none, or it is one of other settings or data.

    Args:
        identity: what the state must carry under that name.
    """
    if not path.exists():
        return None
    values = load(path)
    if values["identity"] != identity:
        log.info("%s belongs to other settings or data: training starts anew", path)
        return None
    return values


def load(path: Path) -> dict[str, Any]:
    """Reads a checkpoint to the CPU.

    Raises:
        UserError: missing, truncated, or not a checkpoint of tensors alone.
    """
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise UserError(f"{path}: no such checkpoint") from None
    except (RuntimeError, pickle.UnpicklingError, EOFError, LookupError, OSError, ValueError):
        # torch's own words are left out: they advise to read the file with less care.
        reason = "damaged, or more than tensors, numbers and text in it"
        raise UserError(f"{path}: not a readable checkpoint ({reason}); delete it and run again") from None
