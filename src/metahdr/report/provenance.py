"""Where every number comes from: commit, configuration, data, libraries, machine, time."""

import platform
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

import numpy as np
import torch

from metahdr.files import sha256
from metahdr.training import checkpoint
from metahdr.weights.ours import read_facts
from metahdr.workflow import git
from metahdr.workflow.measured import by_rule

LIBRARIES = ["torch", "learn2learn", "snakemake", "dvc", "numpy", "scipy", "pandas", "scikit-image"]
LIBRARIES += ["OpenEXR", "safetensors", "torchvision", "lpips", "opencv-python-headless", "imageio", "pydantic"]
LIBRARIES += ["cvvdp", "flip-evaluator"]


def provenance(
    benchmarks: Path, label_models: list[Path], code: dict[str, str], networks: dict[str, Path]
) -> dict:
    """Commit, code, libraries, label models, machine, and the seconds and megabytes of each stage.

    `networks of other code` names the networks that none of the stages in `code` would train today: the code was
    edited after their training, or they were trained elsewhere.

    Args:
        benchmarks: folder of the benchmark files.
        label_models: weight files of the label sources.
        code: digest of each stage's code (`metahdr.workflow.code`).
        networks: file of each network that this project trained, by name. The file holds the digest of the code
            that trained it; a file without one counts as of other code.
    """
    trained = {name: _code_of(path) for name, path in networks.items()}
    stages = by_rule(benchmarks).drop("report", errors="ignore")  # of an earlier report
    return {
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": git.commit(),
        "uncommitted changes": git.is_changed(),
        "code": code,
        "networks' code": trained,
        "networks of other code": [name for name, digest in trained.items() if digest not in code.values()],
        "python": platform.python_version(),
        "libraries": {name: metadata.version(name) for name in LIBRARIES},
        "machine": f"{platform.system()} {platform.machine()}, {_processor()}",
        "label models": "; ".join(f"{path.name}, sha256 {sha256(path)}" for path in label_models),
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU",
        "stages": stages.round(1).astype(object).replace(np.nan, None).to_dict("index"),
    }


def _code_of(path: Path) -> str:
    values = read_facts(path) if path.suffix == ".safetensors" else checkpoint.load(path)
    return values.get("code", "unknown")


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return f"{len(names)} x {names[0]}" if names else platform.processor()
