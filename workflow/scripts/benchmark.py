"""The benchmark's tables, and pictures of moving brackets."""

from pathlib import Path

import pandas as pd
import torch

from metahdr.files import atomic_write
from metahdr.registry import METHODS
from metahdr.report.benchmark import choose, pictures, summarise, tables, tasks
from metahdr.scenes import Scenes
from metahdr.script import run
from metahdr.tables import read_table, write_table


def main(
    still: Path,
    moving: Path,
    data: Path,
    methods: list[str],
    weights: dict,
    confidence: float,
    threads: int,
    summary: Path,
    table: Path,
    figure: Path,
) -> None:
    """`still`, `moving`: scores; `data`: of one fold; `methods`: that pictures show; `weights`: files of methods,
    by name."""
    torch.set_num_threads(threads)
    scores = tasks(read_table(still), read_table(moving))
    summaries = {name: summarise(rows, confidence) for name, rows in scores.items()}
    write_table(summary, pd.concat([part.assign(task=name) for name, part in summaries.items()]), "%.6g")
    with atomic_write(table) as part:
        part.write_text(tables(summaries, confidence))
    shown = [METHODS[name].load(Path(weights[name]) if name in weights else None) for name in methods]
    pictures(figure, Scenes(data, "test", moving=True), choose(scores["moving"], 8), shown)


if __name__ == "__main__":
    run(main)
