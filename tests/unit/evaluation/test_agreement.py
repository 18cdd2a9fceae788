import json

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from metahdr.cli import main
from metahdr.errors import UserError
from metahdr.evaluation.agreement import Run, compare_runs, differing_origins, read_run
from metahdr.tables import write_table

CONFIG = {"seed": 0, "data": {"dataset": "tiny"}, "score": {"confidence": 0.95, "metrics": None}}
ORIGIN = {"commit": "abc", "machine": "one", "dataset": {"name": "tiny"}, "config": CONFIG}
CELLS = [("ldr", "none", "single"), ("metahdr", "true", "single"), ("metahdr", "true", "adapted_true")]


def scores(trained: float = 0.0, fixed: float = 0.0, seeds=("0", "1"), places=8, draw=0) -> pd.DataFrame:
    """Networks vary by 0.5 dB from seed to seed; `trained` and `fixed` are added to their scores and to ldr's."""
    images, networks = np.random.default_rng(1), np.random.default_rng(draw)
    base = {(place, ev): images.normal(20, 3) for place in range(places) for ev in (0.0, 2.0)}
    rows = []
    for method, run, mode in CELLS:
        for seed in ("none",) if run == "none" else seeds:
            effect = fixed if run == "none" else trained + 0.5 * networks.normal()
            for (place, ev), value in base.items():
                row = {"scene": f"p{place}_0", "source": f"p{place}", "place": f"p{place}", "fold": 0, "ev": ev}
                row |= {"method": method, "label_source": run, "seed": seed, "mode": mode, "metric": "psnr"}
                noise = 0.0 if run == "none" else 0.1 * networks.normal()
                rows.append(row | {"alignment": "plain", "region": "all", "value": value + effect + noise})
    return pd.DataFrame(rows)


def run(table: pd.DataFrame, name="a") -> Run:
    return Run(name, table, ORIGIN)


def verdicts(a, b) -> dict:
    return compare_runs(run(a), run(b)).set_index(["method", "mode"]).verdict.to_dict()


def test_a_run_equals_itself():
    assert set(verdicts(scores(), scores()).values()) == {"equal"}


def test_other_seeds_agree_and_what_is_not_trained_is_equal():
    found = verdicts(scores(draw=1), scores(draw=2, seeds=("2", "3")))
    assert found.pop(("ldr", "single")) == "equal"
    assert set(found.values()) <= {"agrees", "equal"}


def test_a_cell_is_compared_on_the_images_that_both_runs_have_of_it():
    a, b = scores(), scores()
    adapted = b["mode"] == "adapted_true"
    fewer = b[~adapted | b.place.isin(["p0", "p1", "p2"])]
    rows = compare_runs(run(a), run(fewer)).set_index(["method", "mode"])
    assert rows.verdict.tolist() == ["equal"] * 3
    assert rows.images.to_dict() == {
        ("ldr", "single"): 16,
        ("metahdr", "single"): 16,
        ("metahdr", "adapted_true"): 6,
    }
    elsewhere = b.assign(
        scene=b.scene.where(~adapted, "q_" + b.scene), place=b.place.where(~adapted, "q" + b.place)
    )
    assert ("metahdr", "adapted_true") not in verdicts(a, elsewhere)


def test_a_network_of_one_seed_is_at_most_doubtful():
    found = verdicts(scores(seeds=("0",)), scores(trained=9, seeds=("0",)))
    assert found["metahdr", "single"] == "doubtful"


def test_more_than_the_seeds_spread_differs():
    found = verdicts(scores(draw=1, seeds=("0", "1", "2")), scores(draw=2, trained=9, seeds=("0", "1", "2")))
    assert found == {
        ("ldr", "single"): "equal",
        ("metahdr", "single"): "differs",
        ("metahdr", "adapted_true"): "differs",
    }


def test_any_visible_difference_of_what_never_varies_differs():
    assert verdicts(scores(), scores(fixed=0.02))["ldr", "single"] == "differs"
    assert verdicts(scores(), scores(fixed=0.004))["ldr", "single"] == "equal"  # tables show two decimals


def test_the_interval_is_that_of_places_and_both_runs_seeds():
    a, b = scores(draw=1), scores(draw=2, seeds=("0", "1", "2"))
    row = compare_runs(run(a), run(b)).set_index(["method", "mode"]).loc["metahdr", "single"]
    wide = [
        table[(table.method == "metahdr") & (table["mode"] == "single")].pivot_table("value", "place", "seed")
        for table in (a, b)
    ]
    difference = wide[1].mean(axis=1) - wide[0].mean(axis=1)
    parts = [(difference.var() / 8, 7), *((each.mean().var() / each.shape[1], each.shape[1] - 1) for each in wide)]
    variance = sum(part for part, _ in parts)
    half = stats.t.ppf(0.975, variance**2 / sum(v**2 / df for v, df in parts)) * np.sqrt(variance)
    assert row.difference == pytest.approx(difference.mean())
    assert (row.low, row.high) == pytest.approx((difference.mean() - half, difference.mean() + half))
    assert (row.images, row.places) == (16, 8)


def test_only_images_of_both_are_compared():
    a, b = scores(), scores()
    b.loc[b.place == "p0", "value"] = 99
    found = compare_runs(run(a), run(b[b.place != "p1"]))
    assert (found.places == 7).all()
    assert set(compare_runs(run(a), run(b[b.place != "p0"])).verdict) == {"equal"}


def test_without_anything_in_common_there_is_no_comparison():
    other = scores().assign(scene="elsewhere")
    with pytest.raises(UserError, match="no test image in common"):
        compare_runs(run(scores()), run(other))
    with pytest.raises(UserError, match="no method"):
        compare_runs(run(scores()), run(scores().assign(method="other")))


def test_one_place_alone_says_nothing():
    found = verdicts(scores(places=1, draw=1), scores(places=1, draw=2))
    assert found == {
        ("ldr", "single"): "equal",
        ("metahdr", "single"): "unknown",
        ("metahdr", "adapted_true"): "unknown",
    }


def test_what_differs_in_origin_is_named():
    other = ORIGIN | {"machine": "two", "config": CONFIG | {"seed": 7, "meta": {"filters": 4}}}
    found = differing_origins(run(scores()), Run("b", scores(), other))
    assert found == ["machine: one | two", "seed: 0 | 7", "meta.filters: nothing | 4"]


@pytest.fixture
def folders(tmp_path):
    def folders(*tables: pd.DataFrame) -> list[str]:
        for name, table in zip("ab", tables, strict=True):
            (tmp_path / name / "tiny").mkdir(parents=True)
            write_table(tmp_path / name / "tiny" / "scores.csv", table, "%.6g")
            (tmp_path / name / "tiny" / "provenance.json").write_text(json.dumps(ORIGIN), encoding="utf-8")
        return [str(tmp_path / "a"), str(tmp_path / "b")]

    return folders


@pytest.mark.parametrize(
    ("fixed", "status", "said"), [(0, 0, "the runs agree"), (1, 1, "differs  ldr none single psnr")]
)
def test_the_command_ends_as_diff_does(folders, monkeypatch, capsys, fixed, status, said):
    monkeypatch.setattr("sys.argv", ["metahdr", "compare", *folders(scores(), scores(fixed=fixed))])
    if status:
        with pytest.raises(SystemExit) as end:
            main()
        assert end.value.code == status
    else:
        main()
    printed = capsys.readouterr().out
    assert said in printed and "the same origin and configuration" in printed


def test_a_folder_without_a_run_cannot_be_compared(folders, tmp_path, monkeypatch, capsys):
    a, _ = folders(scores(), scores())
    monkeypatch.setattr("sys.argv", ["metahdr", "compare", a, str(tmp_path / "nothing")])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 2
    assert "nothing: found no provenance.json" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("provenance.json", "{", "cannot be read"),
        ("provenance.json", "{}", "cannot be read.*config"),
        ("scores.csv", "scene,ev\n", "no column .*alignment"),
        ("scores.csv", "", "cannot be read"),
    ],
)
def test_a_damaged_file_is_named(folders, tmp_path, file, content, message):
    folders(scores(), scores())
    (tmp_path / "a" / "tiny" / file).write_text(content, encoding="utf-8")
    with pytest.raises(UserError, match=message):
        read_run(tmp_path / "a")
