"""Meta-train the network; started again after an interruption, it goes on where it was."""

from pathlib import Path

import pandas as pd
import torch

from metahdr.config.meta import Meta
from metahdr.files import atomic_write, identify
from metahdr.meta.trainer import Trainer
from metahdr.scenes import Scenes
from metahdr.script import run
from metahdr.training import checkpoint, processes


def main(
    data: Path,
    source: str,
    settings: Meta,
    seed: int,
    threads: int,
    state: Path,
    best: Path,
    last: Path,
    history: Path,
    code: str,
) -> None:
    """`code`: digest of the code that trains."""
    torch.set_num_threads(threads)
    files = [data / "scenes.csv", *sorted((data / "exposures").glob("*"))]
    files += sorted((data / "labels" / source).glob("*.exr"))  # none where a task has all that its labels are of
    files += map(Path, settings.weights)
    identity = identify(files)
    scenes = Scenes(data, "train"), Scenes(data, "validation")
    with processes.joined():
        trainer = Trainer(*scenes, source, settings, seed, state, identity)
        trainer.run()
    if processes.rank():
        return
    checkpoint.save(best, trainer.best)
    checkpoint.save(last, trainer.checkpoint())
    with atomic_write(history) as part:
        pd.DataFrame(trainer.history).to_csv(part, index=False)
    checkpoint.remove_state(state)


if __name__ == "__main__":
    run(main)
