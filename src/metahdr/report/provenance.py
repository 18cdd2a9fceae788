"""Where every number comes from: commit, configuration, data, libraries, machine, time."""

import platform
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

import pandas as pd
import torch

from metahdr.files import sha256
from metahdr.git import commit, has_uncommitted_changes

LIBRARIES = ["torch", "learn2learn", "snakemake", "dvc", "numpy", "scipy", "pandas", "scikit-image"]
LIBRARIES += ["OpenEXR", "safetensors", "opencv-python-headless", "imageio", "pydantic"]


def provenance(benchmarks: Path, label_models: list[Path]) -> dict:
    """Commit, libraries, label models, machine, and the seconds of each measured stage."""
    return {
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit(),
        "uncommitted changes": has_uncommitted_changes(),
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


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return f"{len(names)} x {names[0]}" if names else platform.processor()
