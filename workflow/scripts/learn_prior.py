"""Meta-learn how far the radiance network may move in one place."""

import json
import tempfile
from pathlib import Path

import pandas as pd
import torch

from metahdr.methods.hdrcnn.pairs import decode_images
from metahdr.methods.radiance.prior import learn_prior
from metahdr.tables import write_table
from metahdr.weights.ours import read_facts, save_network
from metahdr.weights.radiance import load_radiance
from metahdr.workflow.git import commit
from metahdr.workflow.script import run


def main(
    network: Path,
    response: Path,
    sources: Path,
    raw: Path,
    seed: int,
    threads: int,
    code: str,
    model: Path,
    history: Path,
) -> None:
    """Meta-learn the prior of a jointly trained radiance network, on the places that it was trained on.

    Its response becomes that of the network in `response`, which was trained alone. `sources` is the JSON manifest
    of the sources; their files lie below `raw`. `code` is the digest of the code.
    Writes the network with its prior to `model`, and one row for each epoch to `history`.
    """
    torch.set_num_threads(threads)
    facts, learned = read_facts(network), load_radiance(network)
    learned.response = load_radiance(response).response
    files = {name: raw / json.loads(sources.read_text())[name]["hdr"] for name in facts["trained_on"]}
    with tempfile.TemporaryDirectory(dir=model.parent) as folder:
        errors = learn_prior(learned, decode_images(files, Path(folder)), seed)
    save_network(
        model,
        learned,
        facts | {"response": read_facts(response), "prior": {"seed": seed, "commit": commit(), "code": code}},
    )
    write_table(history, pd.DataFrame({"epoch": range(1, len(errors) + 1), "log_rmse": errors}))


if __name__ == "__main__":
    run(main)
