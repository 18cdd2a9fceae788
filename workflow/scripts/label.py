"""Simulate the HDR label of every exposure; started again after an interruption, it goes on where it was."""

import shutil
from pathlib import Path

import torch

from metahdr.config.label import Label
from metahdr.datasets.register import known_places
from metahdr.errors import UserError
from metahdr.files import sha256
from metahdr.labels.simulate import write_labels
from metahdr.methods.unseen import check_unseen
from metahdr.registry import METHODS
from metahdr.scenes import Scenes
from metahdr.script import run
from metahdr.training.inputs import identify


def main(
    method: str,
    data: Path,
    register: Path,
    settings: Label,
    threads: int,
    code: str,
    labels: Path,
    weights: Path | None = None,
) -> None:
    """`data`: of one fold; `register`: of datasets, for their places.

    `settings`: only `half` and `compile` are used; `code`: digest of the code that labels.
    """
    torch.set_num_threads(threads)
    if METHODS[method].takes != "single":
        raise UserError(f"{method}: takes a stack of exposures; labels are simulated from single ones")
    scenes = Scenes(data, None)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    weights = weights or METHODS[method].shipped
    labeller = METHODS[method].load(weights, device)
    check_unseen(scenes, labeller, weights, known_places(register))
    if settings.compile:
        labeller.compile()

    # Unfinished labels lie beside their place, in a folder that is named by all that they depend on.
    files = {f"exposures/{path.name}": path for path in (scenes.dataset / "exposures").iterdir()}
    files |= {"scenes.csv": data / "scenes.csv"} | ({"weights": weights} if weights else {})
    identity = identify(
        {role: sha256(path) for role, path in files.items()},
        method=method,
        settings=settings.model_dump(include={"half", "compile"}),
        threads=threads,
        code=code,
        device=device,
    )
    part = labels.with_name(f".part-{labels.name}-{identity[:16]}")
    for old in labels.parent.glob(f".part-{labels.name}-{'?' * 16}"):
        if old != part:
            shutil.rmtree(old)
    part.mkdir(parents=True, exist_ok=True)
    write_labels(labeller, scenes, part, device, settings.half)
    shutil.rmtree(labels, ignore_errors=True)  # Snakemake makes the folder
    part.replace(labels)


if __name__ == "__main__":
    run(main)
