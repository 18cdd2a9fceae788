"""Two runs compared: which of their means differ by more than chance explains?"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from metahdr.errors import UserError
from metahdr.evaluation import interval
from metahdr.evaluation.comparison import pair
from metahdr.evaluation.scores import CELL, NONE
from metahdr.evaluation.summary import headline
from metahdr.registry import METRICS
from metahdr.tables import read_table
from metahdr.workflow.folders import DatasetFolder

IMAGE = ["place", "fold", "scene", "ev"]
VERDICTS = ("equal", "agrees", "doubtful", "differs", "unknown")
ORIGIN = ("commit", "uncommitted changes", "dataset", "label models", "machine", "device", "python", "libraries")


@dataclass(frozen=True)
class Run:
    """Scores of a finished run, or of its moving brackets, where they come from, and the intervals' confidence."""

    folder: Path
    scores: pd.DataFrame
    provenance: dict
    moving: bool = False

    @property
    def confidence(self) -> float:
        return self.provenance["config"]["score"]["confidence"]


def read_run(folder: Path, moving: bool = False) -> Run:
    """A run by its results folder, or by the dataset's folder in there.

    Args:
        moving: whether its scores are those of the moving brackets.

    Raises:
        UserError: the folder holds no finished run, or several, or no moving brackets.
    """
    places = (folder, *sorted(path for path in folder.glob("*") if path.is_dir()))
    inside = [place for place in places if DatasetFolder(place).provenance.exists()]
    if len(inside) != 1:
        found = ", ".join(str(path) for path in inside) or "no provenance.json there or one folder below"
        raise UserError(f"{folder}: found {found}; expected the folder of one finished run, such as results")
    origin = DatasetFolder(inside[0])
    results = DatasetFolder(origin.path / "moving") if moving else origin
    if moving and not results.scores.exists():
        raise UserError(f"{results.scores}: no such file; moving brackets are those of `make benchmark`")
    try:
        provenance, scores = json.loads(origin.provenance.read_text(encoding="utf-8")), read_table(results.scores)
        missing = {*CELL, *IMAGE, "seed", "metric", "alignment", "region", "value"} - set(scores)
        if missing:
            raise UserError(f"{results.scores}: no column {', '.join(sorted(missing))}; run the workflow again")
        provenance["config"]["score"]["confidence"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{inside[0]}: provenance.json or scores.csv cannot be read: {error!r}") from None
    return Run(inside[0], scores, provenance, moving)


def differing_origins(a: Run, b: Run) -> list[str]:
    """What commit, data, machine, libraries and configuration two runs do not share, a line each."""
    flat = [{name: run.provenance.get(name) for name in ORIGIN} | run.provenance["config"] for run in (a, b)]
    first, second = (pd.json_normalize(each, max_level=None).iloc[0].to_dict() for each in flat)
    return [
        f"{name}: {_short(first.get(name))} | {_short(second.get(name))}"
        for name in dict.fromkeys([*first, *second])
        if first.get(name) != second.get(name)
    ]


def as_text(table: pd.DataFrame, a: Run, b: Run) -> str:
    """What `compare_runs` found, for a terminal: the counts, and the rows that are not equal and do not agree."""
    counts = table.verdict.value_counts()
    found = ", ".join(f"{counts.get(name, 0)} {name}" for name in VERDICTS)
    lines = [f"{len(table)} means of {table.images.max()} images of {table.places.max()} places: {found}"]
    for row in table[~table.verdict.isin(["equal", "agrees"])].itertuples():
        digits = METRICS[row.metric].decimals
        lines.append(
            f"{row.verdict:8} {row.method} {row.label_source} {row.mode} {row.metric}: {row.a:.{digits}f} | "
            f"{row.b:.{digits}f}, difference {interval.with_interval(row.difference, row.low, row.high, digits)}"
        )
    if counts.get("doubtful", 0):
        lines.append(
            f"doubtful: outside the {100 * a.confidence:g} % interval; of {len(table)} rows that agree, about "
            f"{(1 - a.confidence) * len(table):.0f} would be, by chance"
        )
    seeds = [run.scores[run.scores.seed != NONE].groupby(CELL).seed.nunique() for run in (a, b)]
    if any((number == 1).any() for number in seeds):
        lines.append(
            "some networks have one seed alone: how much seeds differ is not known, and their intervals are too "
            "narrow"
        )
    return "\n".join(lines)


def _short(value: object) -> str:
    text = "nothing" if value is None else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def compare_runs(a: Run, b: Run) -> pd.DataFrame:
    """The means of the cells that both runs have, over the images that both have, and their differences.

    Of whole images, in each metric's first alignment. The interval of a difference is over places, because
    differences are paired by image, and over the seeds of both runs: two trainings with other seeds, or the same
    seeds on another machine, differ by as much as seeds do. Of a single seed nothing is known of that.

    Returns:
        One row per (cell, metric): method, label_source, mode, metric, a, b (the means), difference (b - a), low,
        high, p, images, places, verdict. `equal`: the difference is below half a unit of the last digit that
        tables show; `agrees`: the interval holds 0; `differs`: it does not, even where the confidence is that of
        all rows together (Bonferroni); `doubtful`: it does not, but among so many rows that happens by chance, or
        a network was trained with one seed; `unknown`: one place alone gives no interval.

    Raises:
        UserError: the runs have no cell or no image in common.
    """
    tables = [headline(run.scores) for run in (a, b)]
    if _common_images(*tables).empty:
        raise UserError(f"{a.folder} and {b.folder}: no test image in common, so there is nothing to compare")
    first, second = (table.groupby(CELL, sort=False) for table in tables)
    parts = []
    for cell in (cell for cell in first.groups if cell in second.groups):
        both = first.get_group(cell), second.get_group(cell)
        images = _common_images(*both)
        if len(images):
            parts.append(_compare_cell(cell, *(rows.merge(images) for rows in both), a.confidence))
    if not sum(map(len, parts)):
        raise UserError(f"{a.folder} and {b.folder}: no method, run, mode and metric in common")
    table = pd.concat(parts, ignore_index=True)
    visible = ~(table.difference.abs() < [0.5 * 10.0 ** -METRICS[name].decimals for name in table.metric])
    alone = 1 - a.confidence
    by_chance = np.select(
        [table.p.isna(), table.p >= alone, table.one_seed | (table.p >= alone / len(table))],
        ["unknown", "agrees", "doubtful"],
        "differs",
    )
    return table.drop(columns="one_seed").assign(verdict=np.where(visible, by_chance, "equal"))


def _common_images(a: pd.DataFrame, b: pd.DataFrame) -> pd.DataFrame:
    return pd.merge(a[IMAGE].drop_duplicates(), b[IMAGE].drop_duplicates())


def _compare_cell(cell: tuple, a: pd.DataFrame, b: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """The rows of one cell, without verdict, of scores of the same images; `p` is how likely such a difference is
    by chance."""
    metrics = [name for name in dict.fromkeys(a.metric) if name in set(b.metric)]
    first, second = (pair(rows[rows.metric.isin(metrics)], CELL, "seed") for rows in (a, b))
    order = [list(second.measures.metric).index(name) for name in first.measures.metric]
    values = first.values[:, :, 0], second.values[:, :, 0][..., order]  # (images, seeds, metrics) each
    kept = np.isfinite(values[0]).all(1) & np.isfinite(values[1]).all(1)
    counts = first.counts(kept)
    means = [each.mean(1) for each in values]
    places = interval.between_units(first.sums(means[1] - means[0], kept), counts)
    seeds = [interval.between_repetitions(first.sums(each, kept[:, None]), counts) for each in values]
    mean_a, mean_b = (np.where(kept, each, 0).sum(0) / kept.sum(0) for each in means)
    variance = interval.total([places, *seeds])
    half = interval.half_width(variance, confidence)
    difference = mean_b - mean_a
    return pd.DataFrame(
        {"metric": first.measures.metric, "a": mean_a, "b": mean_b, "difference": difference}
        | {"low": difference - half, "high": difference + half, "p": interval.p_value(difference, variance)}
        | {"one_seed": cell[1] != NONE and min(each.shape[1] for each in values) == 1}
        | {"images": kept.sum(0), "places": (counts > 0).sum(0)}
    ).assign(**dict(zip(CELL, cell, strict=True)))
