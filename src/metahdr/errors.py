"""Mistakes of the user and faults of their files, as opposed to faults of this program."""

import difflib
from collections.abc import Iterable


class UserError(Exception):
    """Shown as its message alone, without a traceback; the message says what to do."""


class ImageError(UserError):
    """An image that cannot be used; the message is one line that names the file and the reason."""


def nearest(name: str, known: Iterable[str]) -> str:
    """What to write in place of an unknown name: the known one most like it, else all known ones."""
    known = list(known)
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"did you mean {near[0]}?" if near else f"known: {', '.join(known) or 'none'}"


def listed(lines: Iterable[str], most: int = 10) -> list[str]:
    """The first lines of a list that may be long, and how many more there are."""
    lines = list(lines)
    more = [f"and {len(lines) - most} more"] if len(lines) > most else []
    return lines[:most] + more


def first_line(error: Exception) -> str:
    """What another library says, in one line."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
