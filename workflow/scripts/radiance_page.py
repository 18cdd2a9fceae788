"""The radiance network's study: tables of means with intervals, the criteria, and pictures chosen by rule."""

from pathlib import Path

import torch

from metahdr.config.radiance_study import RadianceStudy
from metahdr.files import write_text
from metahdr.registry import METHODS, MethodName
from metahdr.scenes.scene import Scenes
from metahdr.studies.radiance.page import choose, criteria_table, query_sheet, summarise, tables
from metahdr.tables import read_table, write_table
from metahdr.workflow.script import run


def main(
    data: Path,
    methods: list[MethodName],
    weights: dict,
    settings: RadianceStudy,
    confidence: float,
    threads: int,
    scores: Path,
    summary: Path,
    table: Path,
    criteria: Path,
    twenty: Path,
    eight: Path,
) -> None:
    """`data`: of one fold; `methods`: that are judged; `weights`: files of those that are pictured."""
    torch.set_num_threads(threads)
    rows, scenes = read_table(scores), Scenes(data, settings.split)
    means = summarise(rows, settings.ours, confidence)
    write_table(summary, means, "%.6g")
    write_text(table, tables(means, confidence))
    write_text(criteria, criteria_table(rows, settings.ours, settings.bracket, confidence))
    names = [name for name in dict.fromkeys(["hdrcnn", settings.ours]) if name in methods]
    shown = [METHODS[name].load(Path(weights[name]) if name in weights else None) for name in names]
    for path, count in ((twenty, 20), (eight, 8)):
        write_text(path, query_sheet(scenes, choose(rows, settings.ours, count), shown))


if __name__ == "__main__":
    run(main)
