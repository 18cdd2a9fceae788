"""Whether what came from an address is what it should be, where no hash tells: a 200 may carry an error page."""

import pickletools
import string
import zipfile
from collections.abc import Callable
from pathlib import Path

from metahdr.errors import UserError, first_line

_SHOWN = 40  # bytes of what came
_PRINTABLE = string.printable.encode()
_TEXT_SUFFIXES = (".txt", ".csv", ".json")
_TEXTS = {b"<!doctype html": "a web page", b"<html": "a web page", b"<": "XML", b"{": "JSON", b"[": "JSON"}


def check_arrived(
    path: Path, address: str, expected: str, opens: Callable[[Path], object], remedy: str = ""
) -> None:
    """Opens what came, and removes it where it does not open.

    Args:
        expected: what it should be, for the error.
        opens: reads the file, or raises anything.
        remedy: what else than another try may help.

    Raises:
        UserError: it does not open; in one line with the address, what came, and what to do.
    """
    try:
        opens(path)
    except Exception as error:  # decoders raise whatever a wrong file leads them to
        found, reason = describe(path), first_line(error).replace(str(path), "it").removeprefix("it: ")
        path.unlink()
        raise UserError(
            f"{address}: {found} came; expected {expected} ({reason}). It was removed: run again later, or "
            f"{remedy or 'get it by hand and put it into the folder data.mirror'}"
        ) from None


def describe(path: Path) -> str:
    """What a file looks like, for an error: its kind where that is plain, and its first bytes."""
    with path.open("rb") as file:
        start = file.read(_SHOWN)
    if not start:
        return "an empty file"
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    kind = next((kind for mark, kind in _TEXTS.items() if text.startswith(mark)), "a file")
    return f"{kind} that begins with {ascii(start)[2:-1]!r}"


def is_text(path: Path) -> bool:
    """Whether a file begins as text does."""
    with path.open("rb") as file:
        return all(byte in _PRINTABLE for byte in file.read(_SHOWN))


def open_weights(path: Path) -> None:
    """Reads a weight file as far as its kind tells that it is whole; nothing in it is executed.

    Zip files, as `.npz` and newer `.pt` files are, to their checksums; pickles by their opcodes; others must not
    be text, unless their suffix says so.

    Raises:
        Exception: it is of another kind than its suffix says, or damaged.
    """
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            if damaged := archive.testzip():
                raise ValueError(f"{damaged}: wrong checksum")
    elif path.suffix in (".npz", ".zip"):
        raise ValueError("not a zip file")
    else:
        if path.suffix not in _TEXT_SUFFIXES and is_text(path):
            raise ValueError("text")
        if path.suffix in (".pt", ".pth", ".ckpt"):
            with path.open("rb") as file:
                for _ in pickletools.genops(file):
                    pass
