"""Train the part of the radiance network that proposes a response, and put it into the trained network."""

from pathlib import Path

from metahdr.datasets.raw import raw_files
from metahdr.methods.radiance import Radiance
from metahdr.methods.radiance.settings import RadianceTraining
from metahdr.methods.radiance.trainer import ResponseTrainer
from metahdr.registry import LayoutName
from metahdr.training.inputs import TrainingInputs
from metahdr.weights.facts import read_facts
from metahdr.weights.ours import save_network
from metahdr.workflow.script import run


def main(
    data: Path,
    network: Path,
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

    Arguments are those of train.py. `network` is a radiance network; `model` becomes the same with this response.
    """
    files = raw_files(sources, raw)
    trainer = ResponseTrainer(TrainingInputs(data, files, kind, settings, seed, threads, code, state))
    trainer.run()
    trainer.write_history(history)
    joined = Radiance.load(network).network
    joined.response = trainer.result.response
    save_network(model, joined, read_facts(network) | {"response": trainer.facts(history)})
    trainer.finish()


if __name__ == "__main__":
    run(main)
