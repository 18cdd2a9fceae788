"""A table as Markdown."""

from metahdr.report.table import Entry, Row, Table, lines, section, text_table


def test_a_difference_that_is_sure_is_bold_and_one_from_no_row_stands_in_brackets():
    entries = [
        Entry("1", interval="0–2", seeds="0.9–1.1", difference="+1", baseline="b", verdict="up"),
        Entry("1", difference="+1 [−1, 3]"),
        Entry("1", difference="+1 [0.5, 1.5]", verdict="up"),
        Entry(),
    ]
    table = Table("T", [("A", "dB"), ("B", ""), ("C", ""), ("D", "")], [("Group", [Row("x", entries, "y", "b")])])
    assert lines(table).splitlines() == [
        "|  | A, dB | B | C | D |",
        "| --- | --- | --- | --- | --- |",
        "| *Group* |  |  |  |  |",
        "| x (b), y | 1 **+1 b** [0–2], seeds 0.9–1.1 | 1 (+1 [−1, 3]) | 1 (**+1 [0.5, 1.5]**) |  |",
    ]


def test_a_table_of_text_has_its_title_and_text_before_it():
    table = text_table("T", ["a"], [("x", ["1"])], "What is compared.", corner="slug")
    assert section(table, 3, "---:") == "### T\n\nWhat is compared.\n\n| slug | a |\n| --- | ---: |\n| x | 1 |"
    assert not table.sortable
