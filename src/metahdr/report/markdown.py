"""The report's first tables and sentences as Markdown, for documents that quote a run."""

from metahdr.report.results import Results
from metahdr.report.sentences import findings, limits
from metahdr.report.tables import Entry, PaperEntry, Table, apart_table, main_table, paper_tables


def write_markdown(results: Results, confidence: float) -> str:
    """The main table, that of what was lost, the paper's tables, and what the numbers say and do not say.

    Args:
        confidence: of the intervals.
    """
    parts = []
    for table in (main_table(results), apart_table(results)):
        parts += [f"### {table.title}", _table(table)]
    for title, rows in paper_tables(results, confidence):
        parts += [f"### {title}", _paper(rows)]
    for title, texts in (("What the numbers say", findings), ("What they do not say", limits)):
        parts += [f"### {title}", "\n".join(f"- {text}" for text in texts(results, confidence))]
    return "\n\n".join(parts) + "\n"


def _table(table: Table) -> str:
    heads = [", ".join(filter(None, head)) for head in table.columns]
    lines = [_line(["", *heads]), _line(["---"] * (1 + len(heads)))]
    for group, rows in table.groups:
        lines.append(_line([f"*{group}*", *[""] * len(heads)]))
        for row in rows:
            letter = f" ({row.letter})" if row.letter else ""
            title = f"{row.title}{letter}" + (f", {row.detail}" if row.detail else "")
            lines.append(_line([title, *map(_entry, row.entries)]))
    return "\n".join(lines)


def _entry(entry: Entry) -> str:
    """`0.62 −0.37 b [0.58–0.66], seeds 0.61–0.63`; a difference whose interval does not hold 0 is bold."""
    difference = f"{entry.difference} {entry.baseline}" if entry.difference else ""
    difference = f"**{difference}**" if entry.verdict else difference
    text = " ".join(filter(None, (entry.mean, difference, f"[{entry.interval}]" if entry.interval else "")))
    return f"{text}, seeds {entry.seeds}" if entry.seeds else text


def _paper(rows: list[tuple[str, list[PaperEntry]]]) -> str:
    heads = [f"{metric}, {run}" for metric in ("SSIM", "PSNR / dB") for run in ("true", "simulated")]
    lines = [_line(["paper / here [interval]", *heads]), _line(["---"] * 5)]
    for name, entries in rows:
        cells = [cell for entry in entries for cell in [_beside(entry), *[""] * (entry.columns - 1)]]
        lines.append(_line([name, *cells]))
    return "\n".join(lines)


def _beside(entry: PaperEntry) -> str:
    ours = f"{entry.mean} [{entry.interval}]" if entry.mean and entry.interval else entry.mean or entry.interval
    return f"{entry.paper} / {ours}"


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
