"""The walk of docs/evaluation.md through a method outside the project, on a finished run."""

import re
import shlex

import pandas as pd
from checkout import REPOSITORY

from metahdr.cli import main
from metahdr.tables import read_table

DATA = "polyhaven-mini"


def test_the_documented_method_scores_as_the_runs_own_of_the_same_formula(finished, tmp_path, monkeypatch):
    section = (
        (REPOSITORY / "docs/evaluation.md").read_text(encoding="utf-8").partition("\n## Your own method\n")[2]
    )
    blocks = re.findall(r"^```(\w*)\n(.*?)^```", section.partition("\n## ")[0], re.MULTILINE | re.DOTALL)
    assert [kind for kind, _ in blocks] == ["", "python", ""]
    (tmp_path / "results").symlink_to(finished / "results/smoke")
    monkeypatch.chdir(tmp_path)
    for kind, text in blocks:
        if kind == "python":
            exec(text, {})
        else:
            monkeypatch.setattr("sys.argv", shlex.split(text))
            main()
    run, mine = (read_table(tmp_path / folder / "scores.csv") for folder in (f"results/{DATA}", "scored"))
    expected = run[run.method == "gamma_2"].assign(method="mine").reset_index(drop=True)
    order = ["scene", "ev", "metric", "alignment", "region"]
    tables = (table.sort_values(order, ignore_index=True) for table in (mine, expected))
    pd.testing.assert_frame_equal(*tables, rtol=2e-6, check_dtype=False)  # six digits are written
    assert len(expected) == 3 * expected.scene.nunique() * len(expected.drop_duplicates(order[2:]))
    summaries = (read_table(tmp_path / folder / "summary.csv") for folder in (f"results/{DATA}", "scored"))
    numbers = ["table", "metric", "alignment", "region", "ev", "mean", "low", "high", "count", "places", "failed"]
    run, mine = (table[table.method.isin(["gamma_2", "mine"])][numbers] for table in summaries)
    pd.testing.assert_frame_equal(
        mine.reset_index(drop=True), run[run.table == "all"].reset_index(drop=True), rtol=1e-4
    )
