"""The report's first tables and sentences as Markdown, for documents that quote a run."""

from metahdr.report.results import Results
from metahdr.report.sentences import findings, limits
from metahdr.report.table import Table, section, text_table
from metahdr.report.tables import PaperEntry, apart_table, main_table, paper_tables


def write_markdown(results: Results, confidence: float) -> str:
    """The main table, that of what was lost, the paper's tables, and what the numbers say and do not say.

    Args:
        confidence: of the intervals.
    """
    papers = [_paper(title, rows) for title, rows in paper_tables(results, confidence)]
    parts = [section(table, 3) for table in (main_table(results), apart_table(results), *papers)]
    for title, texts in (("What the numbers say", findings), ("What they do not say", limits)):
        parts += [f"### {title}", "\n".join(f"- {text}" for text in texts(results, confidence))]
    return "\n\n".join(parts) + "\n"


def _paper(title: str, rows: list[tuple[str, list[PaperEntry]]]) -> Table:
    heads = [f"{metric}, {source}" for metric in ("SSIM", "PSNR / dB") for source in ("true", "simulated")]
    cells = [(name, [c for e in entries for c in [_beside(e), *[""] * (e.columns - 1)]]) for name, entries in rows]
    return text_table(title, heads, cells, corner="paper / here [interval]")


def _beside(entry: PaperEntry) -> str:
    ours = f"{entry.mean} [{entry.interval}]" if entry.mean and entry.interval else entry.mean or entry.interval
    return f"{entry.paper} / {ours}"
