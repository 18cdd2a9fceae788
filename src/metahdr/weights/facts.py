"""The facts that a network's file carries beside its weights, as JSON: read without torch."""

import json
import zipfile
from pathlib import Path

from safetensors import SafetensorError, safe_open

from metahdr.errors import UserError

KEY = "metahdr"  # of a weight file's metadata
MEMBER = "archive/metahdr.json"  # of a checkpoint, a zip file in whose folder torch wants everything


def read_facts(path: Path) -> dict:
    """The facts in a weight file or a checkpoint of this project; empty for the authors' files.

    Raises:
        UserError: truncated, or not a file of this project.
    """
    try:
        match path.suffix:
            case ".safetensors":
                with safe_open(path, "np") as file:
                    return json.loads((file.metadata() or {})[KEY])
            case ".pt" if zipfile.is_zipfile(path):
                with zipfile.ZipFile(path) as archive:
                    return json.loads(archive.read(MEMBER)) if MEMBER in archive.namelist() else {}
    except (SafetensorError, OSError, KeyError, ValueError, zipfile.BadZipFile):
        raise UserError(f"{path}: truncated, or not a weight file of metahdr") from None
    return {}
