"""The file of a camera that a method was adapted to: numbers alone (safetensors), nothing is executed."""

import json
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from metahdr.errors import UserError
from metahdr.files import atomic_write, sha256
from metahdr.methods.base import Method

_KEY = "metahdr camera"


def save_camera(path: Path, method: Method, weights: Path | None) -> None:
    """Writes what a method knows of its camera.

    Args:
        weights: that the method was loaded with; None: the shipped ones.
    """
    facts = {"method": method.name, "weights": _identity(method, weights)}
    tensors = {name: value.detach().cpu().contiguous() for name, value in method.camera_state().items()}
    with atomic_write(path) as part:
        part.write_bytes(save(tensors, {_KEY: json.dumps(facts, sort_keys=True)}))


def load_camera(path: Path, method: Method, weights: Path | None) -> Method:
    """The method, adapted to the camera of a file.

    Args:
        weights: that the method was loaded with; None: the shipped ones.

    Raises:
        UserError: missing, damaged, not a camera's file, or made with another method or other weights.
    """
    if not path.is_file():
        raise UserError(f"{path}: no such file; --adapt-on makes it out of a bracket")
    try:
        with safe_open(path, "pt") as file:
            facts = json.loads(file.metadata()[_KEY])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, KeyError, TypeError, ValueError):
        raise UserError(f"{path}: damaged, or not a camera that --adapt-on has saved") from None
    if not isinstance(facts, dict):
        raise UserError(f"{path}: damaged, or not a camera that --adapt-on has saved")
    expected = {"method": method.name, "weights": _identity(method, weights)}
    for key, value in expected.items():
        if facts.get(key) != value:
            raise UserError(f"{path}: made with {key} {facts.get(key)}; here it is {value}: adapt again")
    if bad := [name for name, value in tensors.items() if not value.isfinite().all()]:
        raise UserError(f"{path}: {bad[0]} has values that are not finite; adapt again")
    return method.with_state(tensors)


def _identity(method: Method, weights: Path | None) -> str:
    path = weights or method.shipped
    return sha256(path)[:16] if path else "none"
