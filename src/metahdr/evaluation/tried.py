"""How many configurations a run tried, and what it chose among them."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from metahdr.evaluation.scores import NONE
from metahdr.metrics.protocols import PAPER
from metahdr.tables import read_table
from metahdr.workflow.folders import DatasetFolder


@dataclass(frozen=True)
class Tried:
    """The meta-trainings of a run, of which none was chosen: all are in its tables.

    Attributes:
        variants, label_sources, seeds, folds: how many there are of each.
        trainings: networks that were trained.
        checkpoints: that were compared within these trainings, all together. The best of a training is kept.
        metric, split: by which it was chosen: after adaptation, of this split's mean.
    """

    variants: int
    label_sources: int
    seeds: int
    folds: int
    trainings: int
    checkpoints: int
    metric: str = PAPER.selects.name
    split: str = "validation"


def trainings(data: Path, scores: pd.DataFrame) -> dict[tuple, Path]:
    """The history of every training that the scores are of, by fold, variant, label source and seed.

    Args:
        data: the dataset's results folder. It may hold trainings of an earlier configuration, which do not count.
        scores: of the whole run, see `score_folder`.
    """
    folder = DatasetFolder(data)
    trained = scores.loc[scores.seed != NONE, ["fold", "method", "label_source", "seed"]].drop_duplicates()
    return {
        tuple(row): folder.fold(row.fold).training(row.method, row.label_source, row.seed).history
        for row in trained.sort_values(list(trained)).itertuples(index=False)
    }


def tried(data: Path, scores: pd.DataFrame) -> Tried:
    """Counts the trainings and checkpoints in a run's folder. Arguments: see `trainings`."""
    histories = trainings(data, scores)
    folds, variants, label_sources, seeds = (
        (len(set(parts)) for parts in zip(*histories, strict=True)) if histories else [0] * 4
    )
    measured = f"{PAPER.selects.name}_adapted"
    checkpoints = sum(int(read_table(history)[measured].notna().sum()) for history in histories.values())
    return Tried(variants, label_sources, seeds, folds, len(histories), checkpoints)
