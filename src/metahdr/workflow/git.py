"""What git says of the checkout, which is the current folder."""

import subprocess
from pathlib import Path

UNKNOWN = "unknown"
_CODE = ("Snakefile", "src", "workflow", "config")


def commit() -> str:
    """The checkout's commit. That of a repository around it is none of its own."""
    return (_git("rev-parse", "HEAD") if _is_checkout() else None) or "unknown: not a git checkout"


def is_changed() -> bool | str:
    """Whether a file that git follows differs from the commit, or a new one lies among the code; or `UNKNOWN`."""
    if not _is_checkout():
        return UNKNOWN
    followed = _git("status", "--porcelain", "--untracked-files=no")
    new = _git("status", "--porcelain", "--untracked-files=all", "--", *_CODE)
    return UNKNOWN if followed is None or new is None else bool(followed or new)


def _is_checkout() -> bool:
    top = _git("rev-parse", "--show-toplevel")
    return top is not None and Path(top).resolve() == Path.cwd().resolve()


def _git(*arguments: str) -> str | None:
    """What git answers; None where it fails, as in a folder of another user."""
    try:
        result = subprocess.run(
            ["git", *arguments], capture_output=True, encoding="utf-8", errors="replace", check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return result.stdout.strip()
