"""Score every prediction of the runs and aggregate the scores."""

import json
from pathlib import Path

import pandas as pd

from metahdr.config import Score
from metahdr.files import whole
from metahdr.metrics.scores import aggregate, nested, score_exposures, score_predictions
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
    with whole(scores) as part:
        table.to_csv(part, index=False, float_format="%.6g")
    with whole(summary) as part:
        means.to_csv(part, index=False, float_format="%.6g")
    with whole(metrics) as part:
        part.write_text(json.dumps(nested(means), indent=2) + "\n")


if __name__ == "__main__":
    run(main)
