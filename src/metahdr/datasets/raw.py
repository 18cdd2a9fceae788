"""Raw files of a run, which are read for a result only if they are the registered ones."""

import json
from pathlib import Path

from metahdr.errors import UserError
from metahdr.files import sha256


def raw_files(manifest: Path, folder: Path) -> dict[str, Path]:
    """The raw HDR file of every source that has one, by the source's name.

    Args:
        manifest: JSON of the run's sources.
        folder: that their files lie in.
    """
    entries = json.loads(manifest.read_text(encoding="utf-8"))
    return {name: folder / entry["hdr"] for name, entry in entries.items() if entry["hdr"]}


def check_registered(path: Path, expected: str, digest: str | None = None) -> None:
    """Refuses a raw file that is gone, or was changed, since it was retrieved.

    Args:
        expected: the registered SHA-256.
        digest: the file's, where it is known.

    Raises:
        UserError: it is another one.
    """
    found = f"SHA-256 {digest or sha256(path)}" if path.is_file() else "no file"
    if found != f"SHA-256 {expected}":
        raise UserError(
            f"{path}: found {found}; registered is SHA-256 {expected}.\n  `snakemake --forcerun retrieve` brings "
            "the registered file back; new data take a new name in the register"
        )
