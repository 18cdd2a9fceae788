"""What systems and programs leave beside a user's files. It is no data, wherever files are listed."""

from pathlib import PurePath, PurePosixPath

_NAMES = ("__macosx", "icon\r")  # macOS
_NAMES += ("thumbs.db", "ehthumbs.db", "desktop.ini", "$recycle.bin", "system volume information")  # Windows
_NAMES += ("@eadir", "#recycle", "#snapshot", "@recycle", "lost+found")  # servers of files


def is_companion(name: str | PurePath) -> bool:
    """Whether a file is hidden or left by a system, or in such a folder: `._a.hdr`, `Thumbs.db`, `@eaDir/a.hdr`.

    Our own unfinished files (`.part-0-a.hdr`) are hidden, too.

    Args:
        name: below the folder that is listed; where that folder lies says nothing about its files.
    """
    return any(part.startswith(".") or part.lower() in _NAMES for part in PurePosixPath(name).parts)
