"""Join the scores of all methods and chunks, and summarise them."""

import json
from pathlib import Path

from metahdr.config.score import Score
from metahdr.evaluation.scores import join_origins, join_scores
from metahdr.evaluation.summary import few_numbers, summarise
from metahdr.files import write_text
from metahdr.tables import write_table
from metahdr.training.trained_with import Asked, check_networks
from metahdr.workflow.script import run


def main(
    cells: list[Path],
    chunks: list[str],
    settings: Score,
    scores: Path,
    summary: Path,
    metrics: Path | None = None,
    origins: Path | None = None,
    asked: dict[str, Asked] | None = None,
) -> None:
    """`cells`: folders with scores/CHUNK.csv; `scores`, `summary`, `metrics`, `origins`: the files that are
    written; `asked`: what each network is asked to be, by its file."""
    if asked:
        check_networks(asked)
    table = join_scores(cells, chunks)
    means = summarise(table, settings.confidence)
    write_table(scores, table, "%.6g")
    write_table(summary, means, "%.6g")
    if origins:
        write_text(origins, json.dumps(join_origins(cells, chunks), indent=2) + "\n")
    if metrics:
        write_text(metrics, json.dumps(few_numbers(means), indent=2) + "\n")


if __name__ == "__main__":
    run(main)
