"""Where a number is made: commit, libraries, machine. It is recorded by the job that makes the number."""

import platform
from importlib import metadata
from pathlib import Path

from metahdr.workflow import git

LIBRARIES = ["torch", "learn2learn", "snakemake", "dvc", "numpy", "scipy", "pandas", "scikit-image"]
LIBRARIES += ["OpenEXR", "safetensors", "torchvision", "lpips", "opencv-python-headless", "imageio", "pydantic"]
LIBRARIES += ["cvvdp", "flip-evaluator"]


def made_here() -> dict:
    """Commit, versions of Python and of the libraries, and the machine of this process."""
    return {
        "commit": git.commit(),
        "uncommitted changes": git.is_changed(),
        "python": platform.python_version(),
        "libraries": {name: metadata.version(name) for name in LIBRARIES},
        "machine": f"{platform.system()} {platform.machine()}, {_processor()}",
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return f"{len(names)} x {names[0]}" if names else platform.processor()
