"""The checkout that the program runs in."""

import subprocess


def commit() -> str:
    """The commit that is checked out, or a word that there is none."""
    return _git("rev-parse", "HEAD") or "unknown: not a git checkout"


def has_uncommitted_changes() -> bool:
    """Whether a file that git tracks differs from the commit."""
    return bool(_git("status", "--porcelain", "--untracked-files=no"))


def _git(*arguments: str) -> str:
    try:
        result = subprocess.run(["git", *arguments], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return result.stdout.strip()
