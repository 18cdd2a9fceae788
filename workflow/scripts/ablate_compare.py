"""Compare the arms of the ablation: one table of all scores, one of their means, a page and a figure."""

from pathlib import Path

import numpy as np
import pandas as pd

from metahdr.config.ablation import Ablation
from metahdr.config.meta import Meta
from metahdr.config.score import Score
from metahdr.errors import UserError
from metahdr.evaluation.ablation import compare_arms
from metahdr.files import atomic_write
from metahdr.report.ablation import ablation_tables, forest_plot
from metahdr.tables import read_table, write_table
from metahdr.workflow.script import run


def main(
    ablation: Ablation,
    arms: dict,
    settings: Score,
    runs: list[Path],
    benchmarks: list[Path],
    scores: Path,
    summary: Path,
    page: Path,
    figure: Path,
) -> None:
    """`arms`: settings of every arm. `runs`, `benchmarks`: a table for each arm and seed, arm after arm."""
    if not arms:
        raise UserError(
            "ablation.arms: no arm to compare; run with --configfile config/ablation.yaml, or name arms"
        )
    table = pd.concat([read_table(path) for path in runs], ignore_index=True)
    baseline = ablation.baseline or next(iter(arms))
    means = compare_arms(table, baseline, settings.confidence)
    write_table(scores, table, "%.6g")
    write_table(summary, means, "%.6g")
    seconds = np.array([pd.read_csv(path, sep="\t").s[0] for path in benchmarks]).reshape(len(arms), -1).mean(1)
    trained = {arm: Meta.model_validate(values) for arm, values in arms.items()}
    text = ablation_tables(means, ablation, trained, dict(zip(arms, seconds, strict=True)), settings.confidence)
    with atomic_write(page) as part:
        part.write_text(text)
    forest_plot(figure, means, settings.confidence)


if __name__ == "__main__":
    run(main)
