"""The benchmark's tables, its page, and pictures of moving brackets."""

from pathlib import Path

import pandas as pd

from metahdr.config.benchmark import Benchmark
from metahdr.config.score import METAHDR
from metahdr.files import write_text
from metahdr.registry import METHODS, MethodName
from metahdr.scenes.scene import Scenes
from metahdr.studies.benchmark.cards import card_tables
from metahdr.studies.benchmark.claims import claim_table, judge
from metahdr.studies.benchmark.page import Pictures, picture_sheet, pictures, tables, write_markdown, write_page
from metahdr.studies.benchmark.scores import by_setting, choose, summarise
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
    methods: list[MethodName],
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
    scores = by_setting(read_table(still), read_table(moving))
    means = pd.concat([summarise(rows, confidence).assign(setting=name) for name, rows in scores.items()])
    write_table(summary, means, "%.6g")
    names = choose(scores["moving"], settings.shown)
    shown = [_pictures(setting, rows, data, names) for setting, rows in scores.items()]
    write_text(figure, picture_sheet(shown[-1]))
    files = {name: Path(file) for name, file in weights.items()}
    described = [
        claim_table(judge(methods, scores, confidence)),
        *card_tables(methods, files, benchmarks, data / "costs"),
    ]
    write_text(markdown, write_markdown(tables(means), described, confidence))
    made = {"dataset": dataset, "commit": commit()}
    write_text(page, write_page(tables(means), shown, described, confidence, made))


def _pictures(setting: str, rows: pd.DataFrame, data: Path, names: list[str]) -> list[Pictures]:
    """Of the methods beside MetaHDR, whose predictions lie with its trainings."""
    moves = setting == "moving"
    cells = dict.fromkeys(zip(rows.method, rows["mode"], strict=True))
    cells = [(method, mode) for method, mode in cells if method != METAHDR]
    if moves:
        cells = [(method, mode) for method, mode in cells if METHODS[method].takes == "bracket"]
    folder = data / "moving" / "methods" if moves else data / "methods"
    return pictures(Scenes(data, "test", moving=moves), names, folder, cells)


if __name__ == "__main__":
    run(main)
