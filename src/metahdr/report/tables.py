"""The page's tables: rows in groups by what a method is given, and columns by what is measured."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import product
from string import ascii_lowercase

import pandas as pd

from metahdr.config.score import METAHDR
from metahdr.evaluation.paper import METRICS as PAPER_METRICS
from metahdr.evaluation.paper import paper_table
from metahdr.evaluation.scores import NONE
from metahdr.metrics.metric import Metric
from metahdr.registry import METHODS, METRICS
from metahdr.report.results import MAIN, Cell, Column, Results, best_of, distinct, metric_of
from metahdr.report.table import Entry, Row, Table, verdict
from metahdr.report.titles import ALIGNMENTS, REGIONS, detail_title, short_title

GROUPS = {
    "exposure": "Given the exposure alone",
    "ev": "Given the exposure and its EV",
    "support": "Given the other exposures too",
    "bound": "Oracles and bounds: given the camera's response, the truth, or the whole bracket",
}
PAPER_TABLES = {
    1: "Table 1: labels of adaptation. Columns: labels of meta-training",
    2: "Table 2: losses, after adaptation with simulated labels. Columns: labels of meta-training",
}
ORACLE = {"response", "truth", "support_truth"}
LOST = [("psnr", "plain"), ("pu21_psnr", "plain"), ("pu21_psnr", "crf")]
LOST += [("log_rmse", "plain"), ("log_rmse", "scale")]


def group_of(cell: Cell) -> str:
    """The name in `GROUPS` of what a cell is given."""
    method = METHODS[METAHDR if cell.label_source != NONE else cell.method]
    given = method.inputs(cell.mode)
    if given & ORACLE or method.takes == "bracket":
        return "bound"
    return "support" if "support" in given else "ev" if "ev" in given else "exposure"


def main_table(results: Results) -> Table:
    """The table of the first screen."""
    return _table(results, "all", "Reconstruction of the held-out exposure", results.first_columns, compared=True)


def apart_table(results: Results) -> Table:
    """The brightest exposure, and the pixels that are clipped in the input."""
    wanted = [Column(*each, "all", ev) for ev in _evs(results)[-1:] for each in MAIN[1:]]
    wanted += [Column(*each, "clipped", "all") for each in LOST]
    columns = [column for column in wanted if column in results.columns]
    title = "Where something is lost: the brightest exposure, and the pixels clipped in the input"
    return _table(results, "all", title, columns, compared=True)


def all_tables(results: Results) -> list[Table]:
    """Every mean over all exposures, a table for each region and alignment."""
    tables = []
    for region, alignment in product(REGIONS, ALIGNMENTS):
        title = f"{REGIONS[region].capitalize()}, {ALIGNMENTS[alignment]}"
        columns = [c for c in results.columns if (c.alignment, c.region, c.ev) == (alignment, region, "all")]
        tables += [_table(results, "all", title, columns)] if columns else []
    return tables


def paper_tables(results: Results) -> list[Table]:
    """The paper's Tables 1 and 2, its values beside ours.

    A method that is not meta-trained stands in the column of the true labels; that of the simulated ones is empty.
    """
    tables = []
    columns = [(METRICS[name].heading, source) for name in PAPER_METRICS for source in ("true", "simulated")]
    for number, title in PAPER_TABLES.items():
        cells = paper_table(results.scores, number, results.confidence)
        heads = [METRICS[name].heading for name in cells.metric]
        keys = zip(cells.row, heads, cells.label_source.replace(NONE, "true"), strict=True)
        found = dict(zip(keys, map(_paper_entry, cells.itertuples()), strict=True))
        names = dict.fromkeys(cells.row)
        rows = [Row(name, [found.get((name, *column), Entry()) for column in columns]) for name in names]
        tables.append(Table(f"{title}. {_extent(cells)}", columns, [("", rows)], corner="paper / here [interval]"))
    return tables


def _extent(cells: pd.DataFrame) -> str:
    """What a paper's table of ours is measured on: `Here 72 images of 4 places, 2 seeds`."""
    here = cells[cells.state == ""]
    if here.empty:
        return "Not part of this run"
    images, places, seeds = (int(here[name].max()) for name in ("images", "places", "seeds"))
    return f"Here {images} images of {places} place{'s' * (places > 1)}, {seeds} seed{'s' * (seeds > 1)}"


def _paper_entry(cell) -> Entry:
    metric = replace(METRICS[cell.metric], decimals=3)  # as many as the paper has
    ours = cell.state or number(metric, cell.mean)
    return Entry(f"{cell.paper} / {ours}", "" if cell.state else _range(metric, cell.low, cell.high))


def exposure_tables(results: Results) -> list[Table]:
    """Means by held-out exposure, a table for each column of the first screen."""
    return [
        _table(results, "all", heading(column), [column._replace(ev=ev) for ev in [*_evs(results), "all"]])
        for column in results.first_columns
    ]


def partial_tables(results: Results) -> list[Table]:
    """The smaller common sets: what exists for some folds and seeds alone, beside all others on the same."""
    names = [name for name in dict.fromkeys(results.summary.table) if name != "all"]
    return [_table(results, name, name.replace("_", ", "), results.first_columns) for name in names]


def heading(column: Column) -> str:
    """`PU21-PSNR / dB, camera response corrected`."""
    return ", ".join([metric_of(column).heading, *_details(column)])


def short_heading(column: Column) -> str:
    """`PU21-PSNR crf`."""
    return metric_of(column).title + ("" if column.alignment == "plain" else f" {column.alignment}")


def measured(column: Column, value: float, sign: str = "") -> str:
    """`PU21-PSNR crf 20.80 dB`."""
    metric = metric_of(column)
    return " ".join(filter(None, (short_heading(column), number(metric, value, sign), metric.unit)))


def _evs(results: Results) -> list[str]:
    return sorted({column.ev for column in results.columns} - {"all"}, key=float)


def _details(column: Column) -> Iterable[str]:
    if column.alignment != "plain":
        yield ALIGNMENTS[column.alignment]
    if column.region != "all":
        yield REGIONS[column.region]
    if column.ev != "all":
        yield f"EV {float(column.ev):+g}"


def _table(results: Results, name: str, title: str, columns: list[Column], compared: bool = False) -> Table:
    """One of the summary's tables: in each group the best by the ranking column first; no rows without a value.

    Args:
        compared: whether trained networks show their difference from the best baseline with the same inputs.
    """
    here = results.summary[results.summary.table == name]
    cells = distinct(here, Cell)
    values = {cell: [results.rows.get((name, cell, column)) for column in columns] for cell in cells}
    rank = metric_of(results.ranking)
    means = {
        c: getattr(results.rows.get((name, c, results.ranking)), "mean", -1e9) for c in cells if any(values[c])
    }
    ranked = sorted(means, key=means.get, reverse=rank.better == "higher")
    groups = {group: [cell for cell in ranked if group_of(cell) == group] for group in GROUPS}
    bests = {_best(row) for rows in values.values() for row in rows if compared}
    marked = [cell for group in groups.values() for cell in group if cell in bests]
    letters = dict(zip(marked, ascii_lowercase, strict=False))

    def row(cell: Cell) -> Row:
        entries = [_entry(metric_of(c), value, letters) for c, value in zip(columns, values[cell], strict=True)]
        failed = max((value.failed for value in values[cell] if value is not None), default=0)
        details = [detail_title(cell.label_source, cell.mode), f"{failed} failed" if failed else ""]
        return Row(short_title(*cell), entries, "; ".join(filter(None, details)), letters.get(cell, ""))

    shown = [(GROUPS[group], [row(cell) for cell in inside]) for group, inside in groups.items() if inside]
    return Table(title, [_head(column) for column in columns], shown)


def _best(row: tuple | None) -> Cell | None:
    """The best baseline with the same inputs as a trained network's row of the summary."""
    return best_of(row) if row is not None and row.label_source != NONE else None


def _head(column: Column) -> tuple[str, str]:
    metric = metric_of(column)
    small = [metric.unit, *_details(column), f"{metric.better} is better"]
    return metric.title, ", ".join(filter(None, small))


def _entry(metric: Metric, row, letters: dict[Cell, str]) -> Entry:
    if row is None or pd.isna(row.mean):
        return Entry("–")
    seeds = _range(metric, row.seed_low, row.seed_high)
    entry = Entry(number(metric, row.mean), _range(metric, row.low, row.high), seeds, sort=row.mean)
    if _best(row) not in letters:
        return entry
    return entry._replace(
        difference=number(metric, row.over_best, "+"),
        baseline=letters[_best(row)],
        verdict=verdict(metric, row.over_best_low, row.over_best_high),
    )


def _range(metric: Metric, low: float, high: float) -> str:
    ends = number(metric, low), number(metric, high)
    return "" if pd.isna(low) else (" to " if low < 0 else "–").join(ends)


def number(metric: Metric, value: float, sign: str = "") -> str:
    """A value with the metric's decimals; no minus before a zero."""
    return "–" if pd.isna(value) else f"{value:{sign}z.{metric.decimals}f}".replace("-", "−")
