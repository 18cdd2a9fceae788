"""Score the predictions of the runs and of the other methods, and aggregate the scores."""

import json
from pathlib import Path

from metahdr.config.score import Score
from metahdr.evaluation.scores import aggregate, list_predictions, nested, score_predictions
from metahdr.files import atomic_write
from metahdr.registry import METRICS
from metahdr.scenes import Scenes
from metahdr.script import run
from metahdr.tables import write_table


def main(
    data: Path,
    runs: list[str],
    methods: list[str],
    label_sources: list[str],
    names: list[str],
    settings: Score,
    seed: int,
    scores: Path,
    summary: Path,
    metrics: Path,
) -> None:
    """`names`: of the metrics; `scores`, `summary`, `metrics`: the files that are written."""
    predictions = list_predictions(data, runs, methods, label_sources)
    table = score_predictions(Scenes(data, "test"), predictions, [METRICS[name] for name in names])
    means = aggregate(table, settings.bootstrap, settings.confidence, seed)
    write_table(scores, table, "%.6g")
    write_table(summary, means, "%.6g")
    with atomic_write(metrics) as part:
        part.write_text(json.dumps(nested(means), indent=2) + "\n")


if __name__ == "__main__":
    run(main)
