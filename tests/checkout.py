"""A copy of the project in an empty folder."""

import os
import shutil
import subprocess
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]


def check_out(folder: Path) -> Path:
    """The files that git tracks, and new ones that it does not ignore."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=REPOSITORY,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (REPOSITORY / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(REPOSITORY / name, folder / name)
    return folder


def without_make() -> dict[str, str]:
    """The environment's variables but for those that `make test` hands on to a make that a test calls."""
    handed = ("MAKEFLAGS", "MAKEOVERRIDES", "MFLAGS", "MAKELEVEL", "VENV", "PYTHON", "CONFIG")
    return {name: value for name, value in os.environ.items() if name not in handed}
