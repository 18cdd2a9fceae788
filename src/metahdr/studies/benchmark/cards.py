"""What each method of the benchmark takes: parameters, training, seconds, memory; and its published scores."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import torch

from metahdr.registry import METHODS
from metahdr.report.table import Table, text_table
from metahdr.studies.benchmark.cost import Cost
from metahdr.tables import read_table
from metahdr.weights.ours import read_facts


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


class Card(NamedTuple):
    """A method.

    Attributes:
        title, citation: of the method.
        licence: of the authors' code; empty where there is none.
        scores: that the documents have of it, on other images; empty where they have none.
        training: None where the run trained nothing for it.
        costs: by size.
    """

    title: str
    citation: str
    licence: str
    scores: str
    training: Training | None
    costs: list[Cost]


def cards(methods: Sequence[str], weights: dict[str, Path], benchmarks: Path, costs: Path) -> list[Card]:
    """A card of each method.

    Args:
        methods: their names.
        weights: files of the networks that the run trained, by method.
        benchmarks: folder of the trainings' benchmark files, METHOD.tsv; one may be missing.
        costs: folder of `Cost`s, METHOD.csv.
    """
    found = []
    for name in methods:
        method = METHODS[name]
        trained = training(name, weights[name], benchmarks / f"{name}.tsv") if name in weights else None
        taken = [Cost(*row) for row in read_table(costs / f"{name}.csv").itertuples(index=False)]
        found.append(Card(method.title, method.citation, method.licence, method.published, trained, taken))
    return found


def training(method: str, weights: Path, measured: Path) -> Training:
    """What a weight file, and the benchmark file of its training, tell."""
    facts = read_facts(weights)
    settings = METHODS[method].settings.model_validate(facts["settings"])
    with torch.device("meta"):  # shapes alone: a published network may take a gigabyte
        network = METHODS[method].build(settings)
    parameters = sum(values.numel() for values in network.parameters())
    minutes = pd.read_csv(measured, sep="\t").s.iloc[0] / 60 if measured.is_file() else None
    return Training(parameters, settings.steps, len(facts["trained_on"]), minutes, getattr(settings, "lacks", []))


def card_tables(cards: Sequence[Card]) -> list[Table]:
    """What reconstructions take, and how the networks were trained."""
    sizes = [f"{cost.width}x{cost.height}" for cost in cards[0].costs]
    takes = text_table(
        "What each method takes",
        ["parameters", *(f"{size}, {unit}" for size in sizes for unit in ("s", "GB")), "published", "licence"],
        [(card.title, _takes(card)) for card in cards],
        "Seconds of one exposure, or one bracket, on all cores of this machine's processor, and the peak of the "
        "process's memory. Licence: of the authors' code; what is run here is this project's own.",
    )
    trained = text_table(
        "How the networks were trained",
        ["steps", "sources", "minutes", "trained with", "published scores"],
        [(card.title, _training(card)) for card in cards if card.training or card.scores],
        "Small, in this run, on its dataset's training sources. What was trained for minutes does not show what a "
        "method can do; it shows what it does with little. Published scores are of other images.",
    )
    return [takes, trained]


def _takes(card: Card) -> list[str]:
    count = f"{card.training.parameters:,}" if card.training else ""
    cells = [count]
    for cost in card.costs:
        failed = math.isnan(cost.seconds)
        cells += ["too much memory", ""] if failed else [f"{_rounded(cost.seconds):g}", f"{cost.gigabytes:.1f}"]
    return [*cells, card.citation, card.licence]


def _rounded(seconds: float) -> float:
    """To two digits; printed as it is, 170 would be 1.7e+02."""
    return float(f"{seconds:.2g}")


def _training(card: Card) -> list[str]:
    if not card.training:
        return ["", "", "", "", card.scores]
    _, steps, sources, minutes, lacks = card.training
    return [f"{steps:,}", f"{sources}", "" if minutes is None else f"{minutes:.0f}", ", ".join(lacks), card.scores]
