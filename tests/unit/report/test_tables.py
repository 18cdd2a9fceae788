import math

import pytest

from metahdr.registry import METHODS, METRICS
from metahdr.report.results import Cell, Column, Results
from metahdr.report.table import Entry
from metahdr.report.tables import all_tables, exposure_tables, group_of, main_table, number, paper_tables, verdict
from metahdr.report.titles import cell_title, detail_title, short_title


def row_of(table, title, detail=""):
    (row,) = [r for _, rows in table.groups for r in rows if (r.title, r.detail) == (title, detail)]
    return row


def paper(entry):
    """The paper's value in an entry of its tables."""
    return entry.mean.split(" / ")[0]


def test_rows_stand_in_groups_by_what_a_method_is_given_the_best_first(data):
    table = main_table(Results(data, 0.95))
    assert [(title, [row.title for row in rows]) for title, rows in table.groups] == [
        (
            "Given the exposure alone",
            ["Joint training, single shot", "MetaHDR, single shot", "LDR, no reconstruction"],
        ),
        ("Given the exposure and its EV", ["x^2"]),
        ("Given the other exposures too", ["Debevec merge", "Joint training, adapted", "MetaHDR, adapted"]),
        (
            "Oracles and bounds: given the camera's response, the truth, or the whole bracket",
            [METHODS["debevec_all"].title, "MetaHDR, adapted"],
        ),
    ]


def test_the_columns_are_those_of_the_first_screen_that_the_run_has(data):
    columns = main_table(Results(data, 0.95)).columns
    assert [title for title, _ in columns] == ["SSIM", "PSNR", "PU21-PSNR", "PU21-PSNR"]


def test_a_trained_network_is_compared_with_the_best_baseline_that_was_given_no_more(data):
    table = main_table(Results(data, 0.95))
    adapted = row_of(table, "MetaHDR, adapted", "to simulated labels; trained with simulated labels")
    psnr = adapted.entries[1]
    # 22.1 on average of both seeds, against Debevec's 30, which is given the support alone
    assert float(psnr.difference.replace("−", "-")) == pytest.approx(-7.9, abs=0.02)
    assert psnr.verdict == "down"
    assert psnr.baseline == row_of(table, "Debevec merge").letter != ""
    single = row_of(table, "MetaHDR, single shot", "trained with simulated labels").entries[1]
    assert float(single.difference) == pytest.approx(8.1, abs=0.02) and single.verdict == "up"
    assert single.baseline == row_of(table, "LDR, no reconstruction").letter
    assert row_of(table, "Debevec merge").entries[1].difference == ""


def test_an_entry_is_the_summarys_row(data):
    results = Results(data, 0.95)
    column = Column("psnr", "plain")
    row = results.rows["all", results.main, column]
    table = main_table(results)
    entry = row_of(table, "MetaHDR, adapted", "to simulated labels; trained with simulated labels").entries[1]
    assert entry.mean == f"{row.mean:.2f}" and entry.interval == f"{row.low:.2f}–{row.high:.2f}"
    assert entry.seeds == f"{row.seed_low:.2f}–{row.seed_high:.2f}"
    assert float(entry.seeds.split("–")[1]) - float(entry.seeds.split("–")[0]) == pytest.approx(0.2, abs=0.03)


def test_every_mean_of_the_summary_is_in_some_table(data):
    results = Results(data, 0.95)
    shown = {e.sort for t in all_tables(results) + exposure_tables(results) for _, rows in t.groups for r in rows
             for e in r.entries}  # fmt: skip
    assert set(results.common["mean"]) == shown


def test_a_difference_is_green_where_all_of_its_interval_is_better_and_red_where_it_is_worse():
    higher, lower = METRICS["psnr"], METRICS["log_rmse"]
    assert [verdict(higher, *ends) for ends in ((0.1, 0.2), (-0.2, -0.1), (-0.1, 0.1))] == ["up", "down", ""]
    assert [verdict(lower, *ends) for ends in ((0.1, 0.2), (-0.2, -0.1), (-0.1, 0.1))] == ["down", "up", ""]
    assert verdict(higher, math.nan, math.nan) == ""


def test_numbers_have_the_metrics_decimals_and_no_minus_before_zero():
    psnr = METRICS["psnr"]
    assert [number(psnr, value, "+") for value in (1.234, -1.234, -1e-7)] == ["+1.23", "−1.23", "+0.00"]
    assert number(psnr, math.nan) == "–"


@pytest.mark.parametrize(
    ("cell", "group"),
    [
        (Cell("ldr", "none", "single"), "exposure"),
        (Cell("hdrcnn", "none", "single"), "ev"),
        (Cell("debevec", "none", "stack"), "support"),
        (Cell("lut", "none", "adapted_simulated"), "support"),
        (Cell("lut", "none", "adapted_true"), "bound"),
        (Cell("response", "none", "single"), "bound"),
        (Cell("polynomial", "none", "single"), "bound"),
        (Cell("debevec_all", "none", "stack"), "bound"),
        (Cell("joint", "true", "adapted_true"), "bound"),
        (Cell("joint", "true", "adapted_simulated"), "support"),
    ],
)
def test_a_cells_group(cell, group):
    assert group_of(cell) == group


def test_the_papers_tables_have_its_numbers_and_say_what_the_run_does_not_have(data):
    first, second = paper_tables(Results(data, 0.95))
    assert [", ".join(head) for head in first.columns] == [
        *("SSIM, true", "SSIM, simulated", "PSNR / dB, true", "PSNR / dB, simulated")
    ]
    rows = {row.title: row.entries for row in first.groups[0][1]}
    # Pan and Vento 2021, Table 1: SSIM of Label[3] and Label[4], then PSNR
    assert [paper(entry) for entry in rows["Single Shot"]] == ["0.666", "0.687", "19.577", "19.713"]
    assert [paper(entry) for entry in rows["LDR No Recon."]] == ["0.489", "", "12.200", ""]
    true, simulated = rows["Single Shot"][2:]
    assert true == Entry("19.577 / not part of this run")
    assert float(simulated.mean.split(" / ")[1]) == pytest.approx(20.6, abs=0.02)  # 20, seeds + 0.1, places + 0.5
    lpips = {row.title: row.entries for row in second.groups[0][1]}["LPIPS"]
    assert [paper(entry) for entry in lpips] == ["0.362", "0.262", "8.006", "9.226"]


def test_titles():
    adapted = ("metahdr", "true", "adapted_simulated")
    assert cell_title(*adapted) == "MetaHDR, adapted with simulated labels"
    assert short_title(*adapted) == "MetaHDR, adapted"
    assert detail_title(*adapted[1:]) == "to simulated labels; trained with true labels"
    for title in (cell_title, short_title):
        assert title("radiance", "none", "calibrated") == f"{METHODS['radiance'].title}, calibrated"
    assert detail_title("none", "calibrated") == ""
    assert cell_title("mine", "true", "single") == "Variant mine, single shot"
    assert cell_title("lut", "none", "single") == METHODS["lut"].title
    assert detail_title("expandnet", "single") == f"trained with {METHODS['expandnet'].title}'s labels"


def test_a_cell_without_a_value_is_a_dash(data):
    results = Results(data, 0.95)
    results.__dict__["rows"] = {
        key: row._replace(mean=math.nan) if key[2] == Column("psnr", "plain") else row
        for key, row in results.rows.items()
    }
    assert {r.entries[1].mean for _, rows in main_table(results).groups for r in rows} == {"–"}
