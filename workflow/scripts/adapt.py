"""Reconstruct every test scene: single-shot, and adapted with the labels of each source."""

from pathlib import Path

import torch

from metahdr.evaluation.predictions import write_predictions
from metahdr.scenes import Scenes
from metahdr.script import run


def main(data: Path, sources: list[str], model: Path, threads: int, predictions: Path) -> None:
    torch.set_num_threads(threads)
    write_predictions(model, Scenes(data, "test"), sources, predictions)


if __name__ == "__main__":
    run(main)
