"""A table: rows in groups, as Markdown here and as HTML in `table.html`."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from metahdr.metrics.metric import Metric


class Entry(NamedTuple):
    """One cell of a table, as text; empty where there is nothing.

    Attributes:
        mean, interval: the value, or any other text, and the value's interval.
        seeds: smallest and largest mean of a seed.
        difference: from the row with the letter `baseline`; without a letter, from the one that the page names.
        verdict: `up` or `down` where the difference's whole interval is better or worse.
        sort: what the table sorts by; None: text, which is not sorted.
    """

    mean: str = ""
    interval: str = ""
    seeds: str = ""
    difference: str = ""
    baseline: str = ""
    verdict: str = ""
    sort: float | None = None


class Row(NamedTuple):
    """A row of a table; `letter` where it is a baseline that others are compared with."""

    title: str
    entries: Sequence[Entry]
    detail: str = ""
    letter: str = ""


class Table(NamedTuple):
    """A table.

    Attributes:
        title: of the table.
        columns: headings, each with a second line in small type.
        groups: title and rows of each; a group without a title has no line of its own.
        text: what is compared.
        corner: heading of the rows' titles; empty: none in Markdown, `Method` on a page.
    """

    title: str
    columns: Sequence[tuple[str, str]]
    groups: Sequence[tuple[str, Sequence[Row]]]
    text: str = ""
    corner: str = ""

    @property
    def sortable(self) -> bool:
        return any(e.sort is not None for _, rows in self.groups for row in rows for e in row.entries)


def verdict(metric: Metric, low: float, high: float) -> str:
    """`up` or `down` for differences that are all better or all worse, empty for others."""
    if metric.improves(low) and metric.improves(high):
        return "up"
    return "down" if metric.improves(-low) and metric.improves(-high) else ""


def text_table(
    title: str, heads: Sequence[str], rows: Iterable[tuple[str, Iterable[str]]], text: str = "", corner: str = ""
) -> Table:
    """A table of text alone, from title and cells of each row."""
    entries = [Row(name, [Entry(cell) for cell in cells]) for name, cells in rows]
    return Table(title, [(head, "") for head in heads], [("", entries)], text, corner)


def section(table: Table, level: int, align: str = "---") -> str:
    """A table with its heading and text, as Markdown. As `lines`."""
    return "\n\n".join(filter(None, (f"{'#' * level} {table.title}", table.text, lines(table, align))))


def lines(table: Table, align: str = "---") -> str:
    """A table as Markdown.

    Args:
        align: of all columns but the first: `---` to the left, `---:` to the right.
    """
    heads = [", ".join(filter(None, head)) for head in table.columns]
    found = [[table.corner, *heads], ["---", *[align] * len(heads)]]
    for group, rows in table.groups:
        found += [[f"*{group}*", *[""] * len(heads)]] if group else []
        found += [[_title(row), *map(_cell, row.entries)] for row in rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in found)


def _title(row: Row) -> str:
    title = f"{row.title} ({row.letter})" if row.letter else row.title
    return ", ".join(filter(None, (title, row.detail)))


def _cell(entry: Entry) -> str:
    """`0.62 −0.37 b [0.58–0.66], seeds 0.61–0.63`; a difference whose interval does not hold 0 is bold."""
    difference = " ".join(filter(None, (entry.difference, entry.baseline)))
    difference = f"**{difference}**" if entry.verdict else difference
    difference = f"({difference})" if entry.difference and not entry.baseline else difference
    interval = f"[{entry.interval}]" if entry.interval else ""
    text = " ".join(filter(None, (entry.mean, difference, interval)))
    return f"{text}, seeds {entry.seeds}" if entry.seeds else text
