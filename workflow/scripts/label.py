"""Simulate the HDR label of every exposure; started again after an interruption, it goes on where it was."""

import shutil
from pathlib import Path

import torch

from metahdr.config.label import Label
from metahdr.files import identify
from metahdr.labels.simulate import check_unseen, write_labels
from metahdr.scenes import Scenes
from metahdr.script import run
from metahdr.weights.hdrcnn import load_simulator, read_facts


def main(data: Path, model: Path, settings: Label, threads: int, labels: Path) -> None:
    torch.set_num_threads(threads)
    scenes = Scenes(data, None)
    check_unseen(scenes, list(read_facts(model).get("trained_on", [])), model)
    network = load_simulator(model).to("cuda" if torch.cuda.is_available() else "cpu")
    if hasattr(network, "fused"):
        network = network.fused()
    if settings.compile:
        network = torch.compile(network)

    # Labels gather beside their place, under a name that stands for what they are made of.
    inputs = [model, data / "scenes.csv", *sorted((data / "exposures").iterdir())]
    identity = identify(inputs, settings.model_dump_json())
    part = labels.with_name(f".part-{labels.name}-{identity[:16]}")
    for old in labels.parent.glob(f".part-{labels.name}-*"):
        if old != part:
            shutil.rmtree(old)
    part.mkdir(parents=True, exist_ok=True)
    write_labels(network, scenes, part, settings.half)
    shutil.rmtree(labels, ignore_errors=True)  # Snakemake makes the folder
    part.replace(labels)


if __name__ == "__main__":
    run(main)
