"""summary.csv: the mean of every cell, its gain over its own single shot and its lead over the best baseline."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from metahdr.config.score import METAHDR
from metahdr.evaluation.comparison import Paired, compare, flatten, pair, repetition_means
from metahdr.evaluation.scores import CELL, NONE
from metahdr.methods.metahdr import MetaHDR
from metahdr.registry import METHODS, METRICS

FEW = ("psnr", "ssim", "cvvdp", "pu21_psnr")  # whose means DVC compares, three at most
ALL = "all"

# With fewer places a report marks an interval. A t interval is right for any number of places if they are normally
# distributed; the fewer there are, the less the data can show whether they are, and the wider it is: 12.7 standard
# errors for two places, 3.2 for four, 2.6 for six. Six is also where the weakest claim about a difference, that
# all places agree in its sign, first reaches 5 % (2 * 0.5^6 = 0.031; five places: 0.063).
FEW_PLACES = 6


def summarise(scores: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """Every cell's mean, gain and lead, with intervals over places and seeds, in each table and at each exposure.

    The best baseline is chosen by its mean on these same images, which favours it, and is chosen for each metric,
    table and exposure by itself. A baseline is a method without meta-training; it may be compared with a cell that
    was given all that it was given itself, see `inputs`.

    Args:
        scores: of the whole run, see `score_folder`.
        confidence: of the intervals, in (0, 1).

    Returns:
        table (see `common_tables`), method, label_source, mode, metric, alignment, region, ev (`all`, or the
        held-out exposure), mean, low, high;
        gain, gain_low, gain_high, improved: difference from the same network's single shot, and share of images
        with a better value than that; missing for single shots and for methods without one;
        best, over_best, over_best_low, over_best_high, beats: method/mode of the best baseline with the same
        inputs, difference from it, share of images where it is beaten; missing where there is no such baseline;
        seed_low, seed_high: smallest and largest mean of a seed; missing where there are no two seeds;
        count, places, failed: number of images (scene and held-out exposure, not multiplied by seeds), of their
        places, and of failed predictions of them (of all seeds).

    Raises:
        ValueError: the scores are not paired.
    """
    parts = []
    for name, rows in common_tables(scores).items():
        paired = pair(rows, CELL, "seed")
        failed = pair(rows.assign(value=rows.failed.notna()), CELL, "seed").values
        for ev in (ALL, *sorted(set(rows.ev))):
            chosen = (paired.images.ev == ev).to_numpy() | (ev == ALL)
            numbers = _numbers(paired, failed, paired.kept() & chosen[:, None], confidence)
            parts.append(flatten(paired, numbers).assign(table=name, ev=ev if ev == ALL else f"{ev:g}"))
    table = pd.concat(parts, ignore_index=True)
    first = ["table", *CELL, "metric", "alignment", "region", "ev"]
    return table[[*first, *table.columns.difference(first, sort=False)]]


def contrast(scores: pd.DataFrame, cell: tuple, reference: tuple, confidence: float) -> pd.DataFrame:
    """The difference of two cells, paired by image and seed, on the folds and seeds that both have.

    Such as that of an adapted network from the single shot of joint training, the control that decides whether
    meta-learning gained anything: a gain over one's own single shot can be a single shot made worse.

    Args:
        scores: see `score_folder`.
        cell, reference: method, label source and mode of each.

    Returns:
        One row per metric, alignment and region: difference (of the cell from the reference), difference_low,
        difference_high, count of values, and the other columns of `compare`.

    Raises:
        ValueError: a cell is not in the scores, or they are not paired.
    """
    rows = of_cells(scores, [cell, reference])
    if rows.groupby(CELL).ngroups < 2:
        raise ValueError(f"the scores have not both {cell} and {reference}")
    subtracted = {"difference": dict(zip(CELL, reference, strict=True))}
    return of_cells(compare(in_common(rows), CELL, subtracted, confidence, "seed"), [cell])


def of_cells(table: pd.DataFrame, cells: Iterable[tuple]) -> pd.DataFrame:
    """The rows of some cells."""
    return table[pd.MultiIndex.from_frame(table[CELL]).isin([tuple(cell) for cell in cells])]


def common_tables(scores: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The scores of each table: of cells that were scored on the same images and with the same seeds.

    `all` has the cells of every fold and seed of the run. A cell of some folds and seeds alone is in a table with
    their names, such as `fold0_seed0`, beside all other cells restricted to these.
    """
    trained = scores[scores.seed != NONE]
    unchanged = trained[trained.method == METAHDR]
    whole = extent(unchanged if len(unchanged) else scores)
    extents = {ALL: whole}
    for _, rows in trained.groupby(CELL, sort=False):
        folds, seeds = (own & run for own, run in zip(extent(rows), whole, strict=True))
        if folds and seeds and (folds, seeds) != whole:
            numbers = ("-".join(map(str, sorted(folds))), "-".join(sorted(seeds, key=int)))
            extents["fold{}_seed{}".format(*numbers)] = (folds, seeds)
    return {name: restricted(scores, *extent) for name, extent in extents.items()}


def extent(rows: pd.DataFrame) -> tuple[set[int], set[str]]:
    """The folds and seeds of rows."""
    return set(rows.fold), set(rows.seed) - {NONE}


def in_common(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows on the folds and seeds that all of their cells have."""
    folds, seeds = zip(*(extent(own) for _, own in rows.groupby(CELL)), strict=True)
    trained = [own for own in seeds if own]
    return restricted(rows, set.intersection(*folds), set.intersection(*trained) if trained else set())


def restricted(scores: pd.DataFrame, folds: set[int], seeds: set[str]) -> pd.DataFrame:
    """The rows of these folds and seeds, and of methods without seeds, of the cells that have all of them."""
    parts = []
    for _, rows in scores.groupby(CELL, sort=False):
        own_folds, own_seeds = extent(rows)
        if own_folds >= folds and (own_seeds >= seeds or not own_seeds):
            parts.append(rows[rows.fold.isin(folds) & rows.seed.isin(seeds | {NONE})])
    return pd.concat(parts, ignore_index=True)


def _numbers(paired: Paired, failed: np.ndarray, kept: np.ndarray, confidence: float) -> dict[str, np.ndarray]:
    """The columns of `summarise` for one table and exposure, `(cells, measures)` each."""
    values, cells, seeds = paired.values, paired.cells, paired.values.shape[1]
    shape = values.shape[2:]
    better = np.array([1 if METRICS[name].better == "higher" else -1 for name in paired.measures.metric])
    numbers = paired.mean(values, kept, confidence)

    def difference(name: str, share: str, references: np.ndarray) -> dict[str, np.ndarray]:
        """The difference from `references` and the share of images that are better; NaN where these are NaN."""
        gaps = values - references
        found = paired.mean(gaps, kept, confidence, name) | {share: paired.share(better * gaps > 0, kept)}
        missing = np.isnan(references).all((0, 1))
        return {column: np.where(missing, np.nan, each) for column, each in found.items()}

    singles = np.full_like(values, np.nan)
    for index, cell in enumerate(cells):
        single = cell._replace(mode="single")
        if single != cell and single in cells:
            singles[:, :, index] = values[:, :, cells.index(single)]
    numbers |= difference("gain", "improved", singles)

    best = _best_baselines(cells, better * numbers["mean"])
    leaders = np.take_along_axis(values, np.maximum(best, 0)[None, None], 2)
    names = np.array([f"{cell.method}/{cell.mode}" for cell in cells] + [None], object)  # -1 is the last one
    numbers |= {"best": names[best]} | difference("over_best", "beats", np.where(best < 0, np.nan, leaders))

    means = repetition_means(paired, kept)
    varies = np.array([cell.label_source != NONE for cell in cells])[:, None] & (seeds > 1)
    numbers["seed_low"] = np.where(varies, means.min(0), np.nan)
    numbers["seed_high"] = np.where(varies, means.max(0), np.nan)
    numbers["count"] = np.broadcast_to(kept.sum(0), shape)
    numbers["places"] = np.broadcast_to((paired.counts(kept) > 0).sum(0), shape)
    # a prediction without a seed stands in the array once for each seed
    once = np.array([1 if cell.label_source != NONE else seeds for cell in cells])[:, None]
    numbers["failed"] = np.where(kept[:, None, None], failed, 0).sum((0, 1)).astype(int) // once
    return numbers


def _best_baselines(cells: list[tuple], goodness: np.ndarray) -> np.ndarray:
    """For each cell and measure the index of the best comparable baseline, -1 where there is none.

    Args:
        goodness: mean of each cell, greater is better, `(cells, measures)`.
    """
    given = [_inputs(cell) for cell in cells]
    baselines = [index for index, cell in enumerate(cells) if cell.label_source == NONE and cell.method in METHODS]
    best = np.full(goodness.shape, -1)
    for index, own in enumerate(given):
        comparable = [other for other in baselines if other != index and given[other] <= own]
        if comparable:
            best[index] = np.array(comparable)[np.nan_to_num(goodness[comparable], nan=-np.inf).argmax(0)]
    return best


def _inputs(cell: tuple) -> frozenset[str]:
    """What a cell is given; somebody's own method all that is exported for its mode (`evaluation.inputs`)."""
    if cell.label_source != NONE:
        return MetaHDR.inputs(cell.mode)
    if cell.method in METHODS:
        return METHODS[cell.method].inputs(cell.mode)
    return frozenset({"exposure", "ev"} | (set() if cell.mode == "single" else {"support"}))


def headline(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of whole images in each metric's first alignment, which is `plain` where it has that."""
    first = {name: METRICS[name].alignments[0] for name in set(rows.metric)}
    return rows[(rows.alignment == rows.metric.map(first)) & (rows.region == ALL)]


def few_numbers(summary: pd.DataFrame) -> dict[str, dict[str, float]]:
    """What a person compares from run to run, as `{"adapted": {metric: mean}, "single": {metric: mean}}`.

    The means of MetaHDR over all exposures, adapted to the labels it was trained with, in three of `FEW`, and of
    its single shot in the first of them; trained with simulated labels where the run has that. These few fit a
    terminal; the summary has all others.
    """
    rows = headline(summary[(summary.table == ALL) & (summary.ev == ALL) & (summary.method == METAHDR)])
    sources = list(rows.label_source.unique())
    if not sources:
        return {}
    source = "simulated" if "simulated" in sources else sources[0]
    means = rows[rows.label_source == source].set_index(["mode", "metric"])["mean"].to_dict()
    metrics = [name for name in FEW if ("single", name) in means][:3]
    adapted = {name: means[f"adapted_{source}", name] for name in metrics if (f"adapted_{source}", name) in means}
    numbers = {"adapted": adapted, "single": {name: means["single", name] for name in metrics[:1]}}
    return {mode: {name: round(mean, 4) for name, mean in own.items()} for mode, own in numbers.items()}
