"""Join the scores of all folders of predictions, and summarise them."""

import json
from pathlib import Path

import pandas as pd

from metahdr.config.score import Score
from metahdr.evaluation.summary import few_numbers, summarise
from metahdr.files import atomic_write
from metahdr.script import run
from metahdr.tables import read_table, write_table


def main(tables: list[Path], settings: Score, scores: Path, summary: Path, metrics: Path) -> None:
    """`tables`: the scores of each folder; `scores`, `summary`, `metrics`: the files that are written."""
    table = pd.concat([read_table(path) for path in tables], ignore_index=True)
    means = summarise(table, settings.confidence)
    write_table(scores, table, "%.6g")
    write_table(summary, means, "%.6g")
    with atomic_write(metrics) as part:
        part.write_text(json.dumps(few_numbers(means), indent=2) + "\n")


if __name__ == "__main__":
    run(main)
