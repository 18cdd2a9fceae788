"""The paper's Tables 1 and 2 out of the scores of a run: its numbers beside ours."""

from pathlib import Path

import numpy as np
import pandas as pd

from metahdr.config.score import METAHDR
from metahdr.evaluation.comparison import compare
from metahdr.evaluation.scores import CELL, NONE
from metahdr.evaluation.summary import in_common, of_cells

PUBLISHED = Path(__file__).with_name("published.csv")
METRICS = ["ssim", "psnr"]
AS_PUBLISHED = "published"  # the variant with the paper's settings, where section meta has others


def paper_table(scores: pd.DataFrame, number: int, confidence: float) -> pd.DataFrame:
    """Every cell of one of the paper's tables: the paper's value, and ours over the images of all cells.

    The paper's column Label[3] is the label source `true`, Label[4] is `simulated`. Table 1 also has the HDR-CNN
    that the paper's section 4.2 names. All cells of ours are of the folds and seeds that they have in common.

    Args:
        scores: of the whole run, see `score_folder`.
        number: of the table, 1 or 2.
        confidence: of the intervals, over places and seeds.

    Returns:
        One row per cell and metric: row (as the paper calls it), method, label_source, mode, metric, paper (the
        value as it is printed), mean, low, high, images, places, seeds, state: `not part of this run` where ours
        are missing, else empty.

    Raises:
        ValueError: the scores are not paired.
    """
    published = pd.read_csv(PUBLISHED, dtype=str)
    published = published[published.table == str(number)].drop(columns="table")
    wanted = published.melt(["row", *CELL], METRICS, "metric", "paper")
    ours = _measured(scores, published, confidence)
    table = wanted.merge(ours, "left", [*CELL, "metric"])
    return table.assign(state=np.where(table["mean"].isna(), "not part of this run", ""))


def _measured(scores: pd.DataFrame, published: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """Means and intervals of those cells of a table that the run has."""
    if AS_PUBLISHED in set(scores.method):
        scores = scores[scores.method != METAHDR].replace({"method": {AS_PUBLISHED: METAHDR}})
    whole = (scores.alignment == "plain") & (scores.region == "all") & scores.metric.isin(METRICS)
    rows = of_cells(scores[whole], published[CELL].itertuples(index=False))
    columns = [*CELL, "metric", "mean", "low", "high", "images", "places", "seeds"]
    if rows.empty:
        return pd.DataFrame(columns=columns)
    rows = in_common(rows)
    table = compare(rows, CELL, {}, confidence, repetition="seed")
    repetitions = max(len(set(rows.seed) - {NONE}), 1)
    images = table["count"] // repetitions
    return table.assign(images=images, places=rows.place.nunique(), seeds=repetitions)[columns]
