"""Files appear whole: written beside their place, then renamed."""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from metahdr.errors import UserError


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Yields a path to write to, which takes the place of `path` when the block ends without an error.

    The suffix is kept, because writers choose the format by it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".part-{path.name}")
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def identify(files: Iterable[Path], settings: str = "") -> str:
    """One SHA-256 for what some files hold, in their order, and for settings: names what work is made of."""
    return hashlib.sha256("".join([*map(sha256, files), settings]).encode()).hexdigest()


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal.

    Raises:
        UserError: there is no such file.
    """
    if not path.is_file():
        raise UserError(f"{path}: no such file")
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
