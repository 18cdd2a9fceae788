"""How many configurations a run tried, and what it chose among them."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from metahdr.evaluation.scores import NONE
from metahdr.metrics.protocols import PAPER
from metahdr.tables import read_table
from metahdr.workflow.folders import DatasetFolder

TRAINING = ["fold", "method", "label_source", "seed"]


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


def histories(data: Path, scores: pd.DataFrame) -> pd.DataFrame:
    """The histories of all trainings that the scores are of, with fold, method, label source and seed.

    Args:
        data: the dataset's results folder. It may hold trainings of an earlier configuration, which do not count.
        scores: of the whole run, see `score_folder`.
    """
    folder = DatasetFolder(data)
    trained = scores.loc[scores.seed != NONE, TRAINING].drop_duplicates().sort_values(TRAINING)
    tables = [trained[:0]]
    for row in trained.itertuples(index=False):
        history = folder.fold(row.fold).training(row.method, row.label_source, row.seed).history
        tables.append(read_table(history).assign(**row._asdict()))
    return pd.concat(tables)


def tried(data: Path, scores: pd.DataFrame) -> Tried:
    """Counts the trainings and checkpoints in a run's folder. Arguments: see `histories`."""
    table = histories(data, scores)
    folds, variants, label_sources, seeds = table[TRAINING].nunique()
    checkpoints = table.filter([f"{PAPER.selects.name}_adapted"]).count().sum()
    trainings = table.groupby(TRAINING).ngroups
    return Tried(variants, label_sources, seeds, folds, trainings, int(checkpoints))
