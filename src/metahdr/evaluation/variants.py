"""Variants of meta-training in pairs with section `meta` as it is, the variant `metahdr`."""

import pandas as pd

from metahdr.config.score import METAHDR
from metahdr.evaluation.comparison import compare
from metahdr.evaluation.scores import CELL, NONE
from metahdr.evaluation.summary import common_tables


def compare_variants(scores: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """The mean of each variant, label source and mode, its gain by adaptation and its difference from `metahdr`.

    A gain is over the same networks' single shot; a difference is from `metahdr` with the same label source
    and mode. Both are paired by scene, held-out exposure and seed. The intervals are over places and seeds.

    Args:
        scores: of the whole run, see `score_folder`.
        confidence: of the intervals, in (0, 1).

    Returns:
        One row per table (see `common_tables`), metric, alignment, region, method (the variant), label_source and
        mode: mean, low, high, gain, gain_low, gain_high, difference, difference_low, difference_high, seed_std
        (standard deviation of the seeds' means, missing for a single seed), count (number of values, of all
        seeds), failed (number of predictions that were scored as images of zeros). `metahdr` comes first.

    Raises:
        ValueError: the scores are not paired: a scene and exposure lacks a variant, label source, mode or seed.
    """
    references = {"gain": {"mode": "single"}, "difference": {"method": METAHDR}}
    tables = []
    for name, rows in common_tables(scores[scores.seed != NONE]).items():
        if rows.method.nunique() > 1:
            table = compare(rows, CELL, references, confidence, repetition="seed")
            failed = rows.groupby(["metric", "alignment", "region", *CELL]).failed.count()
            tables.append(table.join(failed, on=failed.index.names).assign(table=name))
    joined = pd.concat(tables, ignore_index=True)
    return joined[["table", *joined.columns.drop("table")]]
