"""The benchmark's tables, its page, and pictures of moving brackets."""

from pathlib import Path

import pandas as pd

from metahdr.config.benchmark import Benchmark
from metahdr.config.score import METAHDR
from metahdr.evaluation.benchmark import choose, summarise, tasks
from metahdr.evaluation.claims import judge
from metahdr.files import atomic_write
from metahdr.registry import METHODS
from metahdr.report.benchmark import pictures, table, write_markdown, write_page, write_sheet
from metahdr.report.cards import card_tables, cards
from metahdr.report.claims import claim_table
from metahdr.scenes.scene import Scenes
from metahdr.tables import read_table, write_table
from metahdr.workflow.git import commit
from metahdr.workflow.script import run


def main(
    still: Path,
    moving: Path,
    data: Path,
    dataset: str,
    weights: dict,
    benchmarks: Path,
    methods: list[str],
    settings: Benchmark,
    confidence: float,
    summary: Path,
    markdown: Path,
    figure: Path,
    page: Path,
) -> None:
    """`still`, `moving`: scores; `data`: of one fold, from which the pictures are; `dataset`: its name;
    `weights`: files of the networks that the run trained, by method; `benchmarks`: folder of what that took;
    `methods`: that have a card."""
    scores = tasks(read_table(still), read_table(moving))
    summaries = {name: summarise(rows, confidence) for name, rows in scores.items()}
    write_table(summary, pd.concat([part.assign(task=name) for name, part in summaries.items()]), "%.6g")
    tables = [table(name, part) for name, part in summaries.items()]
    names = choose(scores["moving"], settings.shown)
    rows = [_pictures(task, rows, data, names) for task, rows in scores.items()]
    write_sheet(figure, rows[-1])
    files = {name: Path(file) for name, file in weights.items()}
    described = [
        claim_table(judge(scores, confidence)),
        *card_tables(cards(methods, files, benchmarks, data / "costs")),
    ]
    made = {"dataset": dataset, "commit": commit()}
    texts = {
        markdown: write_markdown(tables, described, confidence),
        page: write_page(tables, rows, described, confidence, made),
    }
    for path, text in texts.items():
        with atomic_write(path) as part:
            part.write_text(text)


def _pictures(task: str, rows: pd.DataFrame, data: Path, names: list[str]) -> list:
    """Of the methods beside MetaHDR, whose predictions lie with its trainings."""
    moves = task == "moving"
    cells = dict.fromkeys(zip(rows.method, rows["mode"], strict=True))
    cells = [(method, mode) for method, mode in cells if method != METAHDR]
    if moves:
        cells = [(method, mode) for method, mode in cells if METHODS[method].takes == "bracket"]
    folder = data / "moving" / "methods" if moves else data / "methods"
    return pictures(Scenes(data, "test", moving=moves), names, folder, cells)


if __name__ == "__main__":
    run(main)
