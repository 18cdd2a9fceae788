"""Compare the run's variants of meta-training: a table of means, a page and a figure."""

from pathlib import Path

import pandas as pd

from metahdr.config.meta import Meta
from metahdr.config.score import Score
from metahdr.errors import UserError
from metahdr.evaluation.variants import compare_variants
from metahdr.files import write_text
from metahdr.report.variants import forest_plot, variants_page
from metahdr.tables import read_table, write_table
from metahdr.workflow.script import run


def main(
    meta: Meta,
    settings: Score,
    benchmarks: list[Path],
    summary: Path,
    page: Path,
    figure: Path,
    scores: Path | None = None,
) -> None:
    """`benchmarks`: Snakemake's of the trainings, each at VARIANT/RUN/SEED.tsv."""
    if not meta.variants:
        raise UserError(
            "meta.variants: no variant to compare with section meta as it is; name one, or run with "
            "--configfile config/ablation.yaml"
        )
    means = compare_variants(read_table(scores), settings.confidence)
    seconds = {path: pd.read_csv(path, sep="\t").s[0] for path in benchmarks}
    seconds = pd.Series(seconds).groupby(lambda path: path.parts[-3]).mean().to_dict()
    write_table(summary, means, "%.6g")
    write_text(page, variants_page(means, meta, seconds, settings.confidence))
    forest_plot(figure, means, settings.confidence)


if __name__ == "__main__":
    run(main)
