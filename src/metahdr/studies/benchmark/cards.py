"""What each method of the benchmark takes: parameters, training, seconds, memory; and its published scores."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import torch

from metahdr.methods.base import Method
from metahdr.registry import METHODS
from metahdr.report.table import Table, text_table
from metahdr.tables import read_table
from metahdr.training.trained_with import read_settings
from metahdr.weights.facts import read_facts


class Training(NamedTuple):
    """How a network was trained.

    Attributes:
        parameters: of the network, without statistics of batch normalisation.
        steps: of its training.
        sources: whose images it saw.
        minutes: of the last call, where the training was interrupted; None: not known.
        lacks: what it was trained without, for want of others' weight files.
    """

    parameters: int
    steps: int
    sources: int
    minutes: float | None
    lacks: list[str]


def training(method: str, weights: Path, measured: Path) -> Training:
    """What a weight file, and the benchmark file of its training, tell."""
    facts = read_facts(weights)
    settings = read_settings(weights, METHODS[method].settings, facts["settings"])
    with torch.device("meta"):  # shapes alone: a published network may take a gigabyte
        network = METHODS[method].build(settings)
    parameters = sum(values.numel() for values in network.parameters())
    minutes = pd.read_csv(measured, sep="\t").s.iloc[0] / 60 if measured.is_file() else None
    return Training(parameters, settings.steps, len(facts["trained_on"]), minutes, getattr(settings, "lacks", []))


def card_tables(methods: Sequence[str], weights: dict[str, Path], benchmarks: Path, costs: Path) -> list[Table]:
    """What reconstructions take, and how the networks were trained.

    Args:
        methods: their names.
        weights: files of the networks that the run trained, by method.
        benchmarks: folder of the trainings' benchmark files, METHOD.tsv; one may be missing.
        costs: folder of what reconstructions took (`Cost`), METHOD.csv.
    """
    trainings = {
        name: training(name, weights[name], benchmarks / f"{name}.tsv") for name in methods if name in weights
    }
    taken = {name: read_table(costs / f"{name}.csv") for name in methods}
    first = taken[methods[0]]
    sizes = [f"{width}x{height}" for width, height in zip(first.width, first.height, strict=True)]
    takes = text_table(
        "What each method takes",
        ["parameters", *(f"{size}, {unit}" for size in sizes for unit in ("s", "GB")), "published", "licence"],
        [(METHODS[name].title, _takes(METHODS[name], trainings.get(name), taken[name])) for name in methods],
        "Seconds of one exposure, or one bracket, on all cores of this machine's processor, and the peak of the "
        "process's memory. Licence: of the authors' code; what is run here is this project's own.",
    )
    trained = text_table(
        "How the networks were trained",
        ["steps", "sources", "minutes", "trained with", "published scores"],
        [
            (METHODS[name].title, [*_training(trainings.get(name)), METHODS[name].published])
            for name in methods
            if name in trainings or METHODS[name].published
        ],
        "Small, in this run, on its dataset's training sources. What was trained for minutes does not show what a "
        "method can do; it shows what it does with little. Published scores are of other images.",
    )
    return [takes, trained]


def _takes(method: type[Method], trained: Training | None, costs: pd.DataFrame) -> list[str]:
    cells = [f"{trained.parameters:,}" if trained else ""]
    for cost in costs.itertuples():
        # two digits, but 170 and not 1.7e+02
        took = [f"{float(f'{cost.seconds:.2g}'):g}", f"{cost.gigabytes:.1f}"]
        cells += ["too much memory", ""] if math.isnan(cost.seconds) else took
    return [*cells, method.citation, method.licence]


def _training(trained: Training | None) -> list[str]:
    if not trained:
        return ["", "", "", ""]
    _, steps, sources, minutes, lacks = trained
    return [f"{steps:,}", f"{sources}", "" if minutes is None else f"{minutes:.0f}", ", ".join(lacks)]
