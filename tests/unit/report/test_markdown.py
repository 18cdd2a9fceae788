"""The report's tables as Markdown."""

import pytest

from metahdr.report.markdown import write_markdown
from metahdr.report.results import Results
from metahdr.report.tables import main_table


@pytest.fixture(scope="module")
def text(data):
    return write_markdown(Results(data, 0.95))


def test_every_line_of_a_table_has_as_many_cells_as_its_head(text):
    for block in text.split("\n\n"):
        lines = block.strip().splitlines()
        if lines[0].startswith("|"):
            assert len(lines) > 2 and {line.count("|") for line in lines} == {lines[0].count("|")}


def test_the_numbers_are_those_of_the_page(text, data):
    lines = iter(text.split("### ")[1].splitlines()[4:])
    for _, rows in main_table(Results(data, 0.95)).groups:
        next(lines)  # the group's title
        for row in rows:
            title, *cells = next(lines).strip("| ").split(" | ")
            assert title.startswith(row.title) and title.endswith(row.detail)
            for cell, entry in zip(cells, row.entries, strict=True):
                assert cell.startswith(entry.mean) and entry.interval in cell and entry.difference in cell


def test_the_papers_values_stand_before_ours(text):
    (line,) = [line for line in text.splitlines() if line.startswith("| LDR No Recon.") and "12.200" in line][:1]
    assert line.startswith("| LDR No Recon. | 0.489 / ")
