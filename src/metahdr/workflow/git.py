"""What git says of the checkout."""

import subprocess


def commit() -> str:
    """The checkout's commit."""
    return _git("rev-parse", "HEAD") or "unknown: not a git checkout"


def is_changed() -> bool:
    """Whether a file that git follows differs from the commit."""
    return bool(_git("status", "--porcelain", "--untracked-files=no"))


def _git(*arguments: str) -> str:
    try:
        result = subprocess.run(["git", *arguments], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return result.stdout.strip()
