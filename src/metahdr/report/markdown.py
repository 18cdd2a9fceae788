"""The report's first tables and sentences as Markdown, for documents that quote a run."""

from metahdr.report.results import Results
from metahdr.report.sentences import findings, limits
from metahdr.report.table import section
from metahdr.report.tables import apart_table, main_table, paper_tables


def write_markdown(results: Results) -> str:
    """The main table, that of what was lost, the paper's tables, and what the numbers say and do not say."""
    tables = [main_table(results), apart_table(results), *paper_tables(results)]
    parts = [section(table, 3) for table in tables]
    for title, texts in (("What the numbers say", findings), ("What they do not say", limits)):
        parts += [f"### {title}", "\n".join(f"- {text}" for text in texts(results))]
    return "\n\n".join(parts) + "\n"
