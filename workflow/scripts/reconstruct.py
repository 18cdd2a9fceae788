"""Reconstruct the test scenes of one chunk with one method, in every mode that it has."""

from pathlib import Path

import torch

from metahdr.config.label import LabelSource
from metahdr.config.meta import Meta
from metahdr.datasets.register import known_places
from metahdr.evaluation.predictions import write_predictions
from metahdr.methods.unseen import check_unseen
from metahdr.registry import METHODS, MethodName
from metahdr.scenes.scene import Scenes
from metahdr.tables import read_table
from metahdr.training import processes
from metahdr.training.trained_with import check_settings
from metahdr.workflow.folders import FoldFolder
from metahdr.workflow.script import run


def main(
    method: MethodName,
    data: Path,
    chunk: str,
    register: Path,
    label_sources: list[LabelSource],
    threads: int,
    predictions: Path,
    weights: Path | None = None,
    moving: bool = False,
    trained_with: Meta | None = None,
) -> None:
    """`data`: of one fold; `register`: of datasets, for their places; `moving`: whether of the moving brackets.
    `trained_with`: settings that a meta-trained network must have been trained with.

    `label_sources`: of the support set; a method that adapts is adapted with each, others ignore them.
    """
    torch.set_num_threads(threads)
    device = str(processes.device()) if METHODS[method].on_gpu else "cpu"
    reconstructor = METHODS[method].load(weights, device)
    if trained_with:
        check_settings(weights, reconstructor.trained_with, trained_with)
    table = read_table(FoldFolder(data).table)
    check_unseen(table, reconstructor, weights or METHODS[method].shipped, known_places(register))
    write_predictions(reconstructor, Scenes(data, "test", chunk, moving), label_sources, predictions, device)


if __name__ == "__main__":
    run(main)
