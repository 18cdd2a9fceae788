import numpy as np
import pandas as pd
import pytest

from metahdr.evaluation.comparison import compare


def table(values: dict[tuple[str, str], dict[str, float]], metric: str = "m") -> pd.DataFrame:
    """Rows from values by (source, scene) and method; one exposure."""
    return pd.DataFrame(
        {"source": source, "scene": scene, "ev": 0.0, "method": method, "metric": metric, "value": value}
        for (source, scene), cells in values.items()
        for method, value in cells.items()
    )


def against_b(cell):
    return cell._replace(method="b")


@pytest.fixture
def rows():
    return table(
        {
            ("x", "x_0"): {"b": 1, "a": 2},
            ("x", "x_1"): {"b": 2, "a": 5},
            ("y", "y_0"): {"b": 6, "a": 6},
            ("z", "z_0"): {"b": np.nan, "a": 100},
            ("z", "z_1"): {"b": 7, "a": np.inf},
        }
    )


def test_a_scene_without_a_finite_value_for_one_cell_is_left_out_for_all(rows):
    found = compare(rows, ["method"], "source", {"gap": against_b}, 1000, 0.9, 0).set_index("method")
    assert found["mean"].to_dict() == pytest.approx({"b": 3, "a": 13 / 3})
    assert found.gap.to_dict() == pytest.approx({"b": 0, "a": 4 / 3})
    assert (found["count"] == 3).all()
    # x alone (two values, mean 2) and y alone (one value, 0) are the extreme resamples
    assert (found.gap_low["a"], found.gap_high["a"]) == (0, 2)


def test_the_unit_is_what_is_resampled(rows):
    found = compare(rows, ["method"], "scene", {"gap": against_b}, 4000, 1 - 1e-9, 0).set_index("method")
    assert (found.gap_low["a"], found.gap_high["a"]) == (0, 3)  # of single scenes


def test_cells_and_metrics_keep_the_order_of_their_first_rows(rows):
    both = pd.concat([rows, rows.assign(metric="l")])
    found = compare(both, ["method"], "scene", {}, 10, 0.9, 0)
    assert found[["metric", "method"]].to_numpy().tolist() == [["m", "b"], ["m", "a"], ["l", "b"], ["l", "a"]]
    assert list(found) == ["metric", "method", "mean", "low", "high", "count"]


def test_a_missing_row_is_named(rows):
    lacking = (rows.scene == "y_0") & (rows.method == "a")
    with pytest.raises(ValueError, match="not paired: 1 rows of m .*source y, scene y_0, ev 0.0, .*method a"):
        compare(rows[~lacking], ["method"], "source", {}, 10, 0.9, 0)


def test_without_any_finite_value_the_numbers_are_missing(rows):
    found = compare(rows.assign(value=np.nan), ["method"], "source", {"gap": against_b}, 10, 0.9, 0)
    assert (found["count"] == 0).all()
    assert found[["mean", "low", "high", "gap", "gap_low", "gap_high"]].isna().all(axis=None)


def test_repetitions_have_their_deviation():
    rows = pd.concat([table({("x", "x_0"): {"a": 1.0 + seed, "b": 2.0}}).assign(seed=seed) for seed in (0, 1)])
    found = compare(rows, ["method"], "scene", {}, 200, 0.9, 0, repetition="seed").set_index("method")
    assert found.seed_std.to_dict() == pytest.approx({"a": np.sqrt(0.5), "b": 0})
    assert (found["count"] == 2).all()
    assert (found.low["a"], found.high["a"]) == (1, 2)
