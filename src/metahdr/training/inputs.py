"""What a training is given, and one name for all that its result depends on."""

import hashlib
import json
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from metahdr.config.base import TrainingSection
from metahdr.workflow.origin import made_here

LIBRARIES = ("torch", "numpy", "scipy", "opencv-python-headless", "lpips")  # whose version counts


@dataclass(frozen=True)
class TrainingInputs:
    """What a method is trained with.

    Attributes:
        data: results folder of one fold: `scenes.csv`, `labels/`; `scenes/` and `exposures/` lie in the dataset's
            folder above it.
        raw: the raw HDR file of every source, by the source's name.
        kind: of the raw files: panoramas, photographs or pairs.
        settings: the method's section of the configuration; None where it has none.
        seed: of the training.
        threads: that the training computes with.
        code: digest of the code that trains.
        state: file of the resumable state.
    """

    data: Path
    raw: dict[str, Path]
    kind: str
    settings: TrainingSection | None
    seed: int
    threads: int
    code: str
    state: Path

    def facts(self, method: str, trained_on: dict[str, str], hashes: dict[str, str]) -> dict[str, Any]:
        """What a network's file says of its training: what made it, and where.

        Args:
            method: that is trained.
            trained_on: SHA-256 of the raw HDR files, by source.
            hashes: SHA-256 of every file that the training reads, by its role.
        """
        return {
            "method": method,
            "trained_on": trained_on,
            "settings": self.settings and self.settings.model_dump(),
            "seed": self.seed,
            "threads": self.threads,
            "code": self.code,
            "inputs": hashes,
            "origin": made_here(),
        }


def identify(hashes: dict[str, str], **facts: object) -> str:
    """One SHA-256 of all that a result depends on: on one machine, the same name is the same bits.

    Args:
        hashes: SHA-256 of every file that is read, by the file's role; a path is no role, because a moved file
            changes no result.
        facts: what else changes the result, such as settings, device and threads: values that JSON can hold. The
            versions of the libraries that compute are added.
    """
    libraries = {name: version(name) for name in LIBRARIES}
    text = json.dumps({"files": hashes, "libraries": libraries} | facts, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
