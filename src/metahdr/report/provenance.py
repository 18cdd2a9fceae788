"""Where every number comes from: commit, configuration, data, libraries, machine, time."""

import platform
import subprocess
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

import pandas as pd
import torch

from metahdr.files import sha256

LIBRARIES = ["torch", "learn2learn", "snakemake", "dvc", "numpy", "scipy", "pandas", "scikit-image"]
LIBRARIES += ["OpenEXR", "safetensors", "opencv-python-headless", "imageio", "pydantic"]


def provenance(benchmarks: Path, label_models: list[Path]) -> dict:
    """Commit, libraries, label models, machine, and the seconds of each measured stage."""
    return {
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit(),
        "uncommitted changes": bool(_git("status", "--porcelain", "--untracked-files=no")),
        "python": platform.python_version(),
        "libraries": {name: metadata.version(name) for name in LIBRARIES},
        "machine": f"{platform.system()} {platform.machine()}, {_processor()}",
        "label models": "; ".join(f"{path.name}, sha256 {sha256(path)}" for path in label_models),
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU",
        "seconds": {
            path.stem: round(float(pd.read_csv(path, sep="\t")["s"].iloc[0]), 1)
            for path in sorted(benchmarks.glob("*.tsv"))
        },
    }


def commit() -> str:
    """The checkout's commit."""
    return _git("rev-parse", "HEAD") or "unknown: not a git checkout"


def _git(*arguments: str) -> str:
    try:
        result = subprocess.run(["git", *arguments], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return result.stdout.strip()


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return f"{len(names)} x {names[0]}" if names else platform.processor()
