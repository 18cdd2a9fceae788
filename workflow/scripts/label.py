"""Simulate the HDR label of every exposure with HDR-CNN."""

from pathlib import Path

import torch

from metahdr.labels import load_hdrcnn, write_labels
from metahdr.scenes import Scenes
from metahdr.script import run


def main(data: Path, model: Path, threads: int, labels: Path) -> None:
    torch.set_num_threads(threads)
    write_labels(load_hdrcnn(model), Scenes(data, None), labels)


if __name__ == "__main__":
    run(main)
