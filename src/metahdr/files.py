"""Files that are never half-written, and their hashes."""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from metahdr.errors import UserError


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Yields a file to be overwritten, which replaces `path` when the block ends without an error.

    It is `.part-0-NAME` beside `path`, or `.part-1-NAME` and so on while other writers of the same path are at
    work; what a killed writer left is overwritten by the next one. The suffix is kept, because writers choose the
    format by it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part, descriptor = _reserve(path)
    try:
        yield part
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    finally:
        os.close(descriptor)


def write_text(path: Path, text: str) -> None:
    """A text file, whole or not at all."""
    with atomic_write(path) as part:
        part.write_text(text, encoding="utf-8")


def _reserve(path: Path) -> tuple[Path, int]:
    """A file for one writer alone, and the descriptor of its lock, which ends with the writer even if killed."""
    number = 0
    while True:
        part = path.with_name(f".part-{number}-{path.name}")
        descriptor = os.open(part, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # The writer before may have renamed the file since it was opened.
            mine = os.path.samestat(os.fstat(descriptor), part.stat())
        except (BlockingIOError, FileNotFoundError):
            mine = False
        except OSError:  # a file system without locks, where two writers would meet
            mine = True
        if mine:
            return part, descriptor
        os.close(descriptor)
        number += 1


def known_sha256(path: Path) -> str:
    """`sha256` of a file, or of the names and bytes in a folder, kept below `.snakemake` with its sizes and times.

    It is for what is large and seldom changes. Hidden files of a folder do not count.
    """
    kept = Path(".snakemake", "sha256", hashlib.sha256(str(path.resolve()).encode()).hexdigest())
    files = sorted(each for each in path.rglob("[!.]*") if each.is_file()) if path.is_dir() else [path]
    names = [str(file.relative_to(path)) for file in files]
    states = [file.stat() for file in files]
    facts = _sum([f"{state.st_size} {state.st_mtime_ns}" for state in states], names)
    with suppress(OSError, ValueError):
        digest, found = kept.read_text(encoding="utf-8").split()
        if found == facts:
            return digest
    sums = [sha256(file) for file in files]
    digest = _sum(sums, names) if path.is_dir() else sums[0]
    if kept.parents[1].is_dir():
        with suppress(OSError):
            write_text(kept, f"{digest} {facts}")
    return digest


def _sum(values: list[str], names: list[str]) -> str:
    return hashlib.sha256("\n".join(map(" ".join, zip(names, values, strict=True))).encode()).hexdigest()


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal.

    Raises:
        UserError: there is no such file.
    """
    if not path.is_file():
        raise UserError(f"{path}: no such file")
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
