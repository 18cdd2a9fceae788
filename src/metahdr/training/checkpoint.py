"""Checkpoints of tensors, numbers and text: never half-written, and read without unpickling anything else.

A checkpoint is the zip archive that torch.save writes, with a checksum as the archive's comment: the SHA-256 of
all bytes before it. Both are in one file, so that a kill cannot leave one without the other, and torch.load reads
the file like any other checkpoint.
"""

import hashlib
import io
import json
import logging
import os
import pickle
import zipfile
from pathlib import Path
from typing import Any

import torch

from metahdr.errors import UserError
from metahdr.files import atomic_write
from metahdr.weights.facts import MEMBER

log = logging.getLogger(__name__)

_DIGITS = 64  # of a SHA-256 in hexadecimal: the length of the comment


def save(path: Path, values: dict[str, Any], facts: dict[str, Any] | None = None) -> None:
    """Writes a checkpoint; a reader sees the old file or the new one, never a part of it.

    Args:
        facts: of its making, which `weights.facts.read_facts` reads without torch.

    Raises:
        UserError: it cannot be written, as on a full disk; the old file stays as it was.
    """
    _write(path, values, keep=None, facts=facts)


def save_state(path: Path, values: dict[str, Any]) -> None:
    """Writes the resumable state of a training, and keeps the state before it in a second file.

    Raises:
        UserError: as `save`.
    """
    _write(path, values, keep=_previous(path))


def load_state(path: Path, identity: str) -> dict[str, Any] | None:
    """The state of an interrupted training; None where there is none, or where it has another identity.

    Where the newest state is damaged, or missing because a kill came between two renames, the state before it is
    read.

    Args:
        identity: of the training that would go on; compared with the state's `identity`.

    Raises:
        UserError: all states are damaged.
    """
    previous = _previous(path)
    if not path.exists() and not previous.exists():
        return None
    try:
        values = load(path)
    except UserError:
        if not previous.exists():
            raise
        log.warning("%s is damaged or missing: training goes on from the state before, %s", path, previous)
        values = load(previous)
        previous.replace(path)  # otherwise the next save would keep the damaged state as the one before
    if values["identity"] != identity:
        log.info("%s is of other settings, data, code, threads or libraries: training starts anew", path)
        return None
    return values


def remove_state(path: Path) -> None:
    """Removes the resumable state of a finished training, and the state before it."""
    path.unlink(missing_ok=True)
    _previous(path).unlink(missing_ok=True)


def load(path: Path) -> dict[str, Any]:
    """Reads a checkpoint to the CPU.

    Raises:
        UserError: missing, truncated, changed in any byte, or something else than tensors, numbers and text in it.
    """
    try:
        data = path.read_bytes()
        if data[-_DIGITS:] != _digest(memoryview(data)[:-_DIGITS]):
            raise ValueError
        return torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise UserError(f"{path}: no such checkpoint") from None
    except (RuntimeError, pickle.UnpicklingError, EOFError, LookupError, OSError, ValueError):
        # torch's own message is left out: it advises to load the file in an unsafe way.
        reason = "damaged, without a checksum, or more than tensors, numbers and text in it"
        raise UserError(f"{path}: not a readable checkpoint ({reason}); delete it and run again") from None


def _write(path: Path, values: dict[str, Any], keep: Path | None, facts: dict[str, Any] | None = None) -> None:
    content = io.BytesIO()
    torch.save(values, content)
    if facts:
        with zipfile.ZipFile(content, "a") as archive:
            archive.writestr(zipfile.ZipInfo(MEMBER), json.dumps(facts, sort_keys=True))
    content.seek(-2, io.SEEK_END)  # a zip archive ends with the length of its comment, two bytes, and the comment
    content.write(_DIGITS.to_bytes(2, "little"))
    content.write(_digest(content.getbuffer()))
    try:
        with atomic_write(path) as part:
            part.write_bytes(content.getbuffer())
            # A rename may reach the disk before the bytes do: after a power cut the file would be empty.
            _flush(part)
            if keep and path.exists():
                path.replace(keep)
        _flush(path.parent)  # the rename itself, before a state is removed because its training is finished
    except OSError as error:
        size = content.getbuffer().nbytes / 1e6
        raise UserError(
            f"{path}: cannot be saved: {error.strerror}; {size:.1f} MB are needed there. Make room and run again; "
            "what was saved before is as it was"
        ) from None


def _previous(path: Path) -> Path:
    return path.with_suffix(f".previous{path.suffix}")


def _digest(data: memoryview) -> bytes:
    return hashlib.sha256(data).hexdigest().encode()


def _flush(path: Path) -> None:
    """Waits until a file, or a folder's list of files, is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
