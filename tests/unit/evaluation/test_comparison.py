import numpy as np
import pandas as pd
import pytest
from scipy import stats

from metahdr.evaluation.comparison import compare, pair


def table(values: dict[tuple[str, str], dict[str, float]], metric: str = "m") -> pd.DataFrame:
    """Rows from values by (place, scene) and method; one exposure."""
    return pd.DataFrame(
        {"place": place, "scene": scene, "ev": 0.0, "method": method, "metric": metric, "value": value}
        for (place, scene), cells in values.items()
        for method, value in cells.items()
    )


AGAINST_B = {"gap": {"method": "b"}}


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
    found = compare(rows, ["method"], AGAINST_B, 0.9).set_index("method")
    assert found["mean"].to_dict() == pytest.approx({"b": 3, "a": 13 / 3})
    assert found.gap.to_dict() == pytest.approx({"b": 0, "a": 4 / 3})
    assert (found["count"] == 3).all()
    # x has the differences 1 and 3, y 0: residuals 4 - 8/3 and 0 - 4/3, variance 2 * 2 * (4/3)^2 / 9
    half = stats.t.ppf(0.95, 1) * 8 / 9
    assert (found.gap_low["a"], found.gap_high["a"]) == pytest.approx((4 / 3 - half, 4 / 3 + half))
    assert (found.gap_low["b"], found.gap_high["b"]) == (0, 0)


def test_the_place_is_what_is_taken_as_a_whole(rows):
    found = compare(rows.assign(place=rows.scene), ["method"], AGAINST_B, 0.9).set_index("method")
    low, high = stats.ttest_rel([2, 5, 6], [1, 2, 6]).confidence_interval(0.9)
    assert (found.gap_low["a"], found.gap_high["a"]) == pytest.approx((low, high))


def test_cells_and_metrics_keep_the_order_of_their_first_rows(rows):
    both = pd.concat([rows, rows.assign(metric="l")])
    found = compare(both, ["method"], {}, 0.9)
    assert found[["metric", "method"]].to_numpy().tolist() == [["m", "b"], ["m", "a"], ["l", "b"], ["l", "a"]]
    assert list(found) == ["metric", "method", "mean", "low", "high", "count"]


def test_the_order_of_the_rows_does_not_matter(rows):
    shuffled = pd.concat([rows, rows.assign(metric="l", value=2 * rows.value)]).sample(frac=1, random_state=3)
    found = compare(shuffled, ["method"], AGAINST_B, 0.9).set_index(["metric", "method"])
    expected = compare(rows, ["method"], AGAINST_B, 0.9).set_index("method")
    for method in "ab":
        numbers = ["mean", "low", "high", "gap", "gap_low", "gap_high"]
        np.testing.assert_allclose(
            found.loc[("m", method), numbers].astype(float), expected.loc[method, numbers].astype(float)
        )
        assert found.loc[("l", method), "mean"] == pytest.approx(2 * expected.loc[method, "mean"])


def test_a_missing_row_is_named(rows):
    lacking = (rows.scene == "y_0") & (rows.method == "a")
    with pytest.raises(ValueError, match="not paired: 1 rows are missing .*place y, scene y_0, ev 0.0, method a"):
        compare(rows[~lacking], ["method"], {}, 0.9)


def test_a_row_that_is_there_twice_is_named(rows):
    with pytest.raises(ValueError, match="1 are there more than once, first .*scene x_0, .*method b, metric m"):
        compare(pd.concat([rows, rows[:1].assign(value=9)]), ["method"], {}, 0.9)


def test_without_any_finite_value_the_numbers_are_missing(rows):
    found = compare(rows.assign(value=np.nan), ["method"], AGAINST_B, 0.9)
    assert (found["count"] == 0).all()
    assert found[["mean", "low", "high", "gap", "gap_low", "gap_high"]].isna().all(axis=None)


def test_repetitions_have_their_deviation():
    rows = pd.concat([table({("x", "x_0"): {"a": 1.0 + seed, "b": 2.0}}).assign(seed=seed) for seed in (0, 1)])
    found = compare(rows, ["method"], {}, 0.9, repetition="seed").set_index("method")
    assert found.seed_std.to_dict() == pytest.approx({"a": np.sqrt(0.5), "b": 0})
    assert (found["count"] == 2).all()


def test_a_row_without_a_repetition_counts_in_each(rows):
    twice = [rows[rows.method == "a"].assign(seed=str(seed), value=rows.value + seed) for seed in (0, 1)]
    paired = pair(pd.concat([rows[rows.method == "b"].assign(seed="none"), *twice]), ["method"], "seed")
    assert paired.values.shape == (5, 2, 2, 1)
    np.testing.assert_array_equal(paired.values[:3, :, 0, 0], [[1, 1], [2, 2], [6, 6]])
    np.testing.assert_array_equal(paired.values[:3, :, 1, 0], [[2, 3], [5, 6], [6, 7]])


def test_metrics_need_not_have_the_same_alignments_and_regions(rows):
    extra = [rows.assign(alignment="plain", region="all"), rows.assign(alignment="scale", region="clipped")]
    extra.append(rows.assign(metric="l", alignment="plain", region="all"))
    found = compare(pd.concat(extra), ["method"], {}, 0.9)
    measures = found[["metric", "alignment", "region"]].drop_duplicates().to_numpy().tolist()
    assert measures == [["m", "plain", "all"], ["m", "scale", "clipped"], ["l", "plain", "all"]]
