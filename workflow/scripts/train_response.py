"""Train the part of the radiance network that proposes a response."""

import json
from pathlib import Path

import torch

from metahdr.methods.radiance.settings import RadianceTraining
from metahdr.methods.radiance.trainer import ResponseTrainer
from metahdr.registry import LayoutName
from metahdr.training.inputs import TrainingInputs
from metahdr.weights.ours import save_network
from metahdr.workflow.script import run


def main(
    data: Path,
    sources: Path,
    raw: Path,
    kind: LayoutName,
    settings: RadianceTraining,
    seed: int,
    threads: int,
    code: str,
    state: Path,
    model: Path,
    history: Path,
) -> None:
    """Train the response alone; started again after an interruption, it goes on where it was.

    Arguments are those of train.py. `model` is a whole network, of which the response alone is trained.
    """
    torch.set_num_threads(threads)
    entries = json.loads(sources.read_text())
    files = {name: raw / source["hdr"] for name, source in entries.items() if source["hdr"]}
    trainer = ResponseTrainer(TrainingInputs(data, files, kind, settings, seed, threads, code, state))
    trainer.run()
    save_network(model, trainer.average, trainer.facts())
    trainer.finish(history)


if __name__ == "__main__":
    run(main)
