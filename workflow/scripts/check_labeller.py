"""Refuse labels by a network that was trained on validation or test scenes."""

from pathlib import Path

import pandas as pd

from metahdr.datasets.register import known_places
from metahdr.methods.unseen import check_unseen
from metahdr.registry import METHODS, MethodName
from metahdr.tables import read_table, write_table
from metahdr.workflow.script import run


def main(method: MethodName, scenes: Path, register: Path, trained_on: Path, weights: Path | None = None) -> None:
    """`scenes`: the table of a fold; `register`: of datasets, for their places; `trained_on`: the table that is
    written, of the sources that the method was trained on."""
    weights = weights or METHODS[method].shipped
    labeller = METHODS[method].load(weights)
    check_unseen(read_table(scenes), labeller, weights, known_places(register))
    write_table(trained_on, pd.DataFrame(labeller.trained_on().items(), columns=["source", "sha256"]))


if __name__ == "__main__":
    run(main)
