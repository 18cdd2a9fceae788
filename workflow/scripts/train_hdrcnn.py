"""Train HDR-CNN on the training sources; started again after an interruption, it goes on where it was."""

import hashlib
import json
from pathlib import Path

import pandas as pd
import torch

from metahdr.config.hdrcnn import HDRCNNTraining
from metahdr.files import atomic_write, sha256
from metahdr.git import commit
from metahdr.methods.hdrcnn.pairs import TrainingPairs
from metahdr.methods.hdrcnn.trainer import HDRCNNTrainer
from metahdr.script import run
from metahdr.tables import read_table
from metahdr.training import checkpoint
from metahdr.weights.hdrcnn import save_hdrcnn


def main(
    manifest: Path,
    folder: Path,
    kind: str,
    scenes: Path,
    settings: HDRCNNTraining,
    seed: int,
    threads: int,
    state: Path,
    model: Path,
    history: Path,
    code: str,
) -> None:
    """`manifest`: the raw files of every source, below `folder`. `code`: digest of the code that trains."""
    torch.set_num_threads(threads)
    table = read_table(scenes)
    training = set(table.source[table.split == "train"])
    sources = json.loads(manifest.read_text())
    images = {name: folder / source["hdr"] for name, source in sources.items() if name in training}
    hashes = {name: sha256(image) for name, image in images.items()}
    identity = hashlib.sha256(repr(sorted(hashes.items())).encode()).hexdigest()
    pairs = TrainingPairs(list(images.values()), kind == "panoramas", settings, seed)
    trainer = HDRCNNTrainer(pairs, settings, seed, state, identity)
    trainer.run()
    with atomic_write(history) as part:
        pd.DataFrame(trainer.history).to_csv(part, index=False)
    facts = {"width": settings.width, "trained_on": hashes, "settings": settings.model_dump(), "seed": seed}
    facts["commit"] = commit()
    save_hdrcnn(model, trainer.network, facts)
    checkpoint.remove_state(state)


if __name__ == "__main__":
    run(main)
