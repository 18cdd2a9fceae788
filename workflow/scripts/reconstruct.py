"""Reconstruct the test scenes of one chunk with one method, in every mode that it has."""

from pathlib import Path

import torch

from metahdr.datasets.register import known_places
from metahdr.evaluation.predictions import write_predictions
from metahdr.methods.unseen import check_unseen
from metahdr.registry import METHODS
from metahdr.scenes.scene import Scenes
from metahdr.tables import read_table
from metahdr.training import processes
from metahdr.workflow.script import run


def main(
    method: str,
    data: Path,
    chunk: str,
    register: Path,
    label_sources: list[str],
    threads: int,
    predictions: Path,
    weights: Path | None = None,
    moving: bool = False,
) -> None:
    """`data`: of one fold; `register`: of datasets, for their places; `moving`: whether of the moving brackets.

    `label_sources`: of the support set; a method that adapts is adapted with each, others ignore them.
    """
    torch.set_num_threads(threads)
    device = str(processes.device()) if METHODS[method].on_gpu else "cpu"
    reconstructor = METHODS[method].load(weights, device)
    table = read_table(data / "scenes.csv")
    check_unseen(table, reconstructor, weights or METHODS[method].shipped, known_places(register))
    write_predictions(reconstructor, Scenes(data, "test", chunk, moving), label_sources, predictions, device)


if __name__ == "__main__":
    run(main)
