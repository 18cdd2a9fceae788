"""Score the predictions of one chunk's test scenes by one method."""

import json
from pathlib import Path

import torch

from metahdr.config.score import Score
from metahdr.evaluation.scores import Folder, check_none_gone, check_strict, score_folder
from metahdr.files import write_text
from metahdr.registry import METRICS, MetricName
from metahdr.scenes.scene import Scenes
from metahdr.tables import write_table
from metahdr.workflow.origin import made_here
from metahdr.workflow.script import run


def main(
    data: Path,
    chunk: str,
    predictions: Path,
    cell: dict,
    names: list[MetricName],
    settings: Score,
    weights: dict[str, Path],
    threads: int,
    scores: Path,
    origin: Path,
    moving: bool,
) -> None:
    """`data`: the fold's folder; `cell`: what `predictions` holds, as `Folder`; `names`: of the metrics;
    `weights`: files that they need, by name; `moving`: whether of the moving brackets; `scores`,
    `origin`: the table, and where it was made."""
    torch.set_num_threads(threads)
    table = score_folder(
        Scenes(data, "test", chunk, moving),
        predictions,
        Folder(**cell),
        [METRICS[name] for name in names],
        settings.photometry,
        weights,
    )
    check_none_gone(table, predictions)
    write_table(scores, table, "%.6g")
    write_text(origin, json.dumps(made_here(), indent=2) + "\n")
    if settings.strict:
        check_strict(table, predictions)


if __name__ == "__main__":
    run(main)
