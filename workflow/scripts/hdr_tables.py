"""The tables of the hdr judgement: means with intervals, the bars."""

from pathlib import Path

from metahdr.config.hdr import Hdr
from metahdr.files import atomic_write
from metahdr.report.hdr import bars_table, summarise, tables
from metahdr.tables import read_table, write_table
from metahdr.workflow.script import run


def main(settings: Hdr, confidence: float, scores: Path, summary: Path, table: Path, bars: Path) -> None:
    rows = read_table(scores)
    means = summarise(rows, settings.ours, confidence)
    write_table(summary, means, "%.6g")
    texts = {table: tables(means, confidence), bars: bars_table(rows, settings.ours, settings.bracket, confidence)}
    for path, text in texts.items():
        with atomic_write(path) as part:
            part.write_text(text)


if __name__ == "__main__":
    run(main)
