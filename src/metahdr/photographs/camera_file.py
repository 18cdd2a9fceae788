"""A camera's response in a file: numbers alone (safetensors), nothing is executed."""

from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from metahdr.camera.curve import Curve
from metahdr.errors import UserError
from metahdr.files import atomic_write


def save_camera(path: Path, curve: Curve) -> None:
    """Writes the response that a bracket showed."""
    with atomic_write(path) as part:
        part.write_bytes(save({"curve": curve.exposures}))


def load_camera(path: Path) -> Curve:
    """The response in a file.

    Raises:
        UserError: missing, damaged, not a camera's file, or its curve does not rise from 0 to 1.
    """
    if not path.is_file():
        raise UserError(f"{path}: no such file; --adapt-on makes it out of a bracket")
    try:
        with safe_open(path, "np") as file:
            table = file.get_tensor("curve").astype(np.float64)
    except (SafetensorError, OSError):
        raise UserError(f"{path}: damaged, or not a camera that --adapt-on has saved") from None
    rises = table.ndim == 1 and len(table) > 1 and (np.diff(table) >= 0).all()
    if not (rises and abs(table[0]) < 1e-6 and abs(table[-1] - 1) < 1e-6):
        raise UserError(f"{path}: its curve does not rise from 0 to 1; adapt again")
    return Curve(table)
