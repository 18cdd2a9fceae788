"""Simulate the HDR labels of one chunk's exposures; after an interruption it goes on where it was."""

import shutil
from pathlib import Path

import torch

from metahdr.companions import is_companion
from metahdr.errors import UserError
from metahdr.files import sha256
from metahdr.labels.simulate import write_labels
from metahdr.registry import METHODS, MethodName
from metahdr.scenes.scene import Scenes
from metahdr.training import processes
from metahdr.training.inputs import identify
from metahdr.workflow.folders import DatasetFolder
from metahdr.workflow.script import run


def main(
    method: MethodName,
    data: Path,
    chunk: str,
    compile: bool,
    threads: int,
    code: str,
    labels: Path,
    weights: Path | None = None,
    half: bool | None = None,
) -> None:
    """`data`: of the dataset; `labels`: the folder that is written.

    `half`, `compile`: as in section label; `code`: digest of the code that labels.
    """
    torch.set_num_threads(threads)
    if METHODS[method].takes != "single":
        raise UserError(f"{method}: takes a stack of exposures; labels are simulated from single ones")
    scenes = Scenes.unsplit(data, chunk)
    device = str(processes.device())
    weights = weights or METHODS[method].shipped
    labeller = METHODS[method].load(weights, device)
    if compile:
        labeller.compile()

    # Unfinished labels lie beside their place, in a folder that is named by all that they depend on.
    folder = DatasetFolder(data)
    files = {path.name: path for path in folder.exposures(chunk).iterdir() if not is_companion(path.name)}
    files |= {"scenes.csv": folder.scenes_table(chunk), "exposures.csv": folder.exposures_table(chunk)}
    files |= {"weights": weights} if weights else {}
    identity = identify(
        {role: sha256(path) for role, path in files.items()},
        method=method,
        settings={"half": half, "compile": compile},
        threads=threads,
        code=code,
        device=device,
    )
    part = labels.with_name(f".part-{labels.name}-{identity[:16]}")
    for old in labels.parent.glob(f".part-{labels.name}-{'?' * 16}"):
        if old != part:
            shutil.rmtree(old)
    part.mkdir(parents=True, exist_ok=True)
    write_labels(labeller, scenes, part, device, half)
    shutil.rmtree(labels, ignore_errors=True)  # Snakemake makes the folder
    part.replace(labels)


if __name__ == "__main__":
    run(main)
