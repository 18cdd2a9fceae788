import json

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from metahdr.evaluation.summary import contrast, few_numbers, summarise

SINGLE, ADAPTED = ("metahdr", "true", "single"), ("metahdr", "true", "adapted_true")
LDR, GAMMA = ("ldr", "none", "single"), ("gamma_2_metered", "none", "single")


def table(
    values: dict[tuple, float | np.ndarray], metric="psnr", folds=1, alignment="plain", region="all", **columns
):
    """Scores of (method, run, mode): `(places, seeds)` each, or `(places, 1)` of methods without; two exposures.

    Every fold has its own places; a place has one scene; EV 2 is scored 1 less than EV 0.
    """
    return pd.DataFrame(
        {"scene": f"f{fold}p{place}_0", "source": f"f{fold}p{place}", "place": f"f{fold}p{place}", "fold": fold}
        | {
            "ev": ev,
            "method": method,
            "label_source": run,
            "seed": "none" if run == "none" else str(seed),
            "mode": mode,
        }
        | {"metric": metric, "alignment": alignment, "region": region, "value": value - (ev == 2), "failed": None}
        | columns
        for fold in range(folds)
        for (method, run, mode), array in values.items()
        for (place, seed), value in np.ndenumerate(np.asarray(array, float))
        for ev in (0.0, 2.0)
    )


@pytest.fixture
def scores():
    """Three places, two seeds: adaptation adds 1, 2, 3 by place; the better baseline is gamma_2_metered."""
    single = np.array([[10, 12], [20, 22], [30, 32]])
    return table(
        {SINGLE: single, ADAPTED: single + [[1], [2], [3]], LDR: [[5], [6], [7]], GAMMA: [[13], [23], [25]]}
    )


def cell(summary, key, **where):
    where = {"table": "all", "metric": "psnr", "alignment": "plain", "region": "all", "ev": "all"} | where
    where |= dict(zip(("method", "label_source", "mode"), key, strict=True))
    (row,) = summary[(summary[list(where)] == pd.Series(where)).all(axis=1)].to_dict("records")
    return row


def test_means_gains_and_leads_by_hand(scores):
    summary = summarise(scores, 0.95)
    row = cell(summary, ADAPTED)
    assert row["mean"] == pytest.approx(23 - 0.5) and row["gain"] == pytest.approx(2)
    assert row["improved"] == 1 and row["count"] == 6 and row["places"] == 3 and row["failed"] == 0
    assert (row["seed_low"], row["seed_high"]) == pytest.approx((21.5, 23.5))
    # the gains 1, 2, 3 of the places, the same in both seeds
    low, high = stats.ttest_1samp([1, 2, 3], 0).confidence_interval(0.95)
    assert (row["gain_low"], row["gain_high"]) == pytest.approx((low, high))
    # over gamma_2_metered: 11 - 13, 13 - 13, 22 - 23, 24 - 23, 33 - 25, 35 - 25: three of six are better
    assert row["best"] == "gamma_2_metered/single"
    assert row["over_best"] == pytest.approx((-2 + 0 - 1 + 1 + 8 + 10) / 6) and row["beats"] == pytest.approx(0.5)
    places = np.array([-1, 0, 9])
    a, b = stats.sem(places) ** 2, stats.sem([5 / 3, 11 / 3]) ** 2
    half = stats.t.ppf(0.975, (a + b) ** 2 / (a**2 / 2 + b**2)) * np.sqrt(a + b)
    assert (row["over_best_low"], row["over_best_high"]) == pytest.approx((8 / 3 - half, 8 / 3 + half))


def test_a_single_shot_has_no_gain_and_a_method_without_seeds_no_spread_over_them(scores):
    summary = summarise(scores, 0.95)
    for key in (SINGLE, LDR):
        assert np.isnan([cell(summary, key)[name] for name in ("gain", "gain_low", "gain_high", "improved")]).all()
    assert np.isnan([cell(summary, LDR)[name] for name in ("seed_low", "seed_high")]).all()
    assert cell(summary, LDR)["best"] == "gamma_2_metered/single" and cell(summary, GAMMA)["best"] == "ldr/single"


def test_a_lower_error_is_a_better_one(scores):
    row = cell(summarise(scores.assign(metric="log_rmse"), 0.95), ADAPTED, metric="log_rmse")
    assert row["best"] == "ldr/single" and row["improved"] == 0 and row["beats"] == 0
    assert row["gain"] == pytest.approx(2)


def test_a_baseline_that_was_given_more_is_not_compared(scores):
    # debevec merges the support set, which a single shot is not given; hdrcnn is told the exposure's EV
    more = table({("debevec", "none", "stack"): [[50]] * 3, ("hdrcnn", "none", "single"): [[60]] * 3})
    summary = summarise(pd.concat([scores, more]), 0.95)
    assert cell(summary, SINGLE)["best"] == "gamma_2_metered/single"
    assert cell(summary, ADAPTED)["best"] == "debevec/stack"


def test_each_exposure_has_its_own_means(scores):
    summary = summarise(scores, 0.95)
    assert set(summary.ev) == {"all", "0", "2"}
    assert cell(summary, LDR, ev="0")["mean"] == 6 and cell(summary, LDR, ev="2")["mean"] == 5
    assert cell(summary, LDR, ev="2")["count"] == 3


def test_an_image_without_a_value_in_a_region_is_left_out_for_all_cells(scores):
    clipped = scores.assign(region="clipped")
    clipped.loc[(clipped.ev == 0) & (clipped.place == "f0p2"), "value"] = np.nan
    clipped.loc[clipped.place == "f0p1", "value"] = np.nan
    summary = summarise(pd.concat([scores, clipped]), 0.95)
    row = cell(summary, LDR, region="clipped")
    assert (row["count"], row["places"]) == (3, 2) and row["mean"] == pytest.approx((5 + 4 + 6) / 3)
    assert cell(summary, LDR)["count"] == 6


def test_failed_predictions_are_counted_once(scores):
    failed = (scores.scene == "f0p1_0") & (scores.ev == 2)
    trained = failed & (scores["mode"] == "adapted_true") & (scores.seed == "1")
    ldr = failed & (scores.method == "ldr")
    summary = summarise(scores.assign(failed=np.where(trained | ldr, "nan", None)), 0.95)
    assert cell(summary, ADAPTED)["failed"] == 1 and cell(summary, LDR)["failed"] == 1
    assert cell(summary, SINGLE)["failed"] == 0
    assert cell(summary, LDR, ev="2")["failed"] == 1 and cell(summary, LDR, ev="0")["failed"] == 0


def test_a_variant_of_some_folds_and_seeds_has_a_table_of_its_own_with_all_others():
    values = {SINGLE: [[10, 12], [20, 22]], LDR: [[1], [2]]}
    variant = table({("lpips", "true", "single"): [[3], [5]]})
    summary = summarise(pd.concat([table(values, folds=2), variant]), 0.95)
    assert set(summary.table) == {"all", "fold0_seed0"}
    assert set(summary[summary.table == "all"].method) == {"metahdr", "ldr"}
    assert cell(summary, SINGLE)["places"] == 4 and cell(summary, SINGLE)["mean"] == 15.5
    row = cell(summary, SINGLE, table="fold0_seed0")
    assert row["mean"] == 14.5 and row["places"] == 2 and np.isnan(row["seed_low"])
    assert cell(summary, ("lpips", "true", "single"), table="fold0_seed0")["mean"] == 3.5
    assert cell(summary, LDR, table="fold0_seed0")["mean"] == 1


def test_one_place_has_means_and_no_intervals():
    row = cell(summarise(table({SINGLE: [[10, 12]], ADAPTED: [[11, 14]]}), 0.95), ADAPTED)
    assert row["gain"] == 1.5 and np.isnan([row["low"], row["gain_low"], row["gain_high"]]).all()


@pytest.mark.parametrize(
    "lacking",
    ["method == 'ldr' and ev == 2", "place == 'f0p1' and seed == '1' and mode == 'single'", "index == 5"],
)
def test_scores_that_are_not_paired_are_refused(scores, lacking):
    scores = scores.reset_index(drop=True)
    with pytest.raises(ValueError, match="not paired"):
        summarise(scores.drop(index=scores.query(lacking).index), 0.95)


def test_a_score_that_is_there_twice_is_refused(scores):
    with pytest.raises(ValueError, match="more than once"):
        summarise(pd.concat([scores, scores[:1]]), 0.95)


def test_the_means_agree_with_pandas_groups_on_random_scores():
    rng = np.random.default_rng(2)
    scores = table({key: rng.normal(20, 3, (5, 2 if key[1] != "none" else 1)) for key in (SINGLE, ADAPTED, LDR)})
    summary = summarise(scores, 0.9)
    for key, rows in scores.groupby(["method", "label_source", "mode"]):
        assert cell(summary, key)["mean"] == pytest.approx(rows.value.mean())
    wide = scores[scores.label_source == "true"].pivot(
        index=["place", "seed", "ev"], columns="mode", values="value"
    )
    gains = wide.adapted_true - wide.single
    row = cell(summary, ADAPTED)
    assert row["gain"] == pytest.approx(gains.mean()) and row["improved"] == pytest.approx((gains > 0).mean())
    a, b = (gains.groupby(level).mean().sem() ** 2 for level in ("place", "seed"))
    half = stats.t.ppf(0.95, (a + b) ** 2 / (a**2 / 4 + b**2)) * np.sqrt(a + b)
    assert row["gain_high"] - row["gain"] == pytest.approx(half)


def test_the_few_numbers_are_the_single_shot_and_the_adapted_network_of_whole_images(scores):
    scores = pd.concat([scores, scores.assign(region="clipped", value=np.nan)])
    summary = summarise(scores, 0.95)
    numbers = few_numbers(summary)
    assert numbers == {"single": {"psnr": pytest.approx(cell(summary, SINGLE)["mean"])}, "adapted": {"psnr": 22.5}}
    assert json.loads(json.dumps(numbers)) == numbers
    assert few_numbers(summary[summary.method != "metahdr"]) == {}


def test_a_contrast_is_the_paired_difference_where_both_were_trained(scores):
    joint = ("joint", "true", "single")
    rows = pd.concat([scores, table({joint: [[12], [20], [36]]})])  # seed 0 alone
    found = contrast(rows, ADAPTED, joint, 0.95).iloc[0]
    # adapted, seed 0: 11, 22, 33
    low, high = stats.ttest_1samp([-1, 2, -3], 0).confidence_interval(0.95)
    assert (found.difference, found.difference_low, found.difference_high) == pytest.approx((-2 / 3, low, high))
    assert found["count"] == 6
    other = contrast(rows, ADAPTED, LDR, 0.95).iloc[0]
    assert (
        other.difference
        == cell(summarise(scores, 0.95), ADAPTED)["mean"] - cell(summarise(scores, 0.95), LDR)["mean"]
    )
    with pytest.raises(ValueError, match="have not both"):
        contrast(scores, ADAPTED, joint, 0.95)


def test_a_method_outside_the_project_is_compared_with_what_its_mode_is_given_and_is_no_baseline():
    own = {("mine", "none", mode): [[30], [31], [32]] for mode in ("single", "stack")}
    merge, oracle = ("debevec", "none", "stack"), ("response", "none", "single")
    summary = summarise(table(own | {LDR: [[5], [6], [7]], merge: [[8], [9], [9]], oracle: [[9], [9], [9]]}), 0.95)
    assert cell(summary, ("mine", "none", "single"))["best"] == "ldr/single"
    assert cell(summary, ("mine", "none", "stack"))["best"] == "debevec/stack"
    assert pd.isna(cell(summary, LDR)["best"]) and cell(summary, oracle)["best"] == "ldr/single"
