"""Score every prediction of the runs and aggregate the scores."""

import json
from pathlib import Path

import pandas as pd

from metahdr.config.score import Score
from metahdr.evaluation.scores import aggregate, nested, score_exposures, score_predictions
from metahdr.files import atomic_write
from metahdr.scenes import Scenes
from metahdr.script import run


def main(
    data: Path,
    runs: list[str],
    sources: list[str],
    predictions: list[Path],
    settings: Score,
    seed: int,
    scores: Path,
    summary: Path,
    metrics: Path,
) -> None:
    scenes = Scenes(data, "test")
    tables = [
        score_predictions(scenes, name, sources, folder) for name, folder in zip(runs, predictions, strict=True)
    ]
    table = pd.concat([score_exposures(scenes), *tables], ignore_index=True)
    means = aggregate(table, settings.bootstrap, settings.confidence, seed)
    with atomic_write(scores) as part:
        table.to_csv(part, index=False, float_format="%.6g")
    with atomic_write(summary) as part:
        means.to_csv(part, index=False, float_format="%.6g")
    with atomic_write(metrics) as part:
        part.write_text(json.dumps(nested(means), indent=2) + "\n")


if __name__ == "__main__":
    run(main)
