"""Work that one process does at a time, on this machine or on several that share a disk."""

import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, SoftFileLock, Timeout

from metahdr.errors import UserError

log = logging.getLogger(__name__)
_POLL = 0.2  # seconds


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Lets one process at a time work on a path; the others wait, and a warning says for whom.

    The lock ends with its owner, even a killed one: what then lies beside the path is nobody's, and the next owner
    may remove it. It is `.locks/NAME` beside the path and stays there, because the removal of a locked file would
    let two processes in.

    Raises:
        UserError: the lock cannot be made.
    """
    place = path.parent / ".locks" / path.name
    lock = FileLock(place)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            log.warning("%s: %s is at work on it; waiting for its end", path, _owner(place))
            lock.acquire(poll_interval=_POLL)
    except OSError as error:
        raise UserError(f"{place}: cannot be locked ({error.strerror or error})") from None
    kept = not isinstance(lock, SoftFileLock)  # in whose place filelock keeps the same two lines, and removes them
    try:
        if kept:
            _name_owner(place, f"{os.getpid()}\n{socket.gethostname()}\n")
        yield
    finally:
        if kept:
            _name_owner(place, "")
        lock.release()


def _name_owner(place: Path, text: str) -> None:
    with suppress(OSError):  # on a full disk the lock holds all the same
        place.write_text(text, encoding="utf-8")


def _owner(place: Path) -> str:
    try:
        number, host = place.read_text(encoding="utf-8").split()[:2]
    except (OSError, ValueError):  # it has just come or gone
        return "another process"
    return f"process {number} on {host}"
