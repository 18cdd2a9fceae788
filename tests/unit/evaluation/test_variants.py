import numpy as np
import pandas as pd
import pytest
from scipy import stats

from metahdr.evaluation.variants import compare_variants

MODES = ("single", "adapted_simulated")


def table(values: dict[str, np.ndarray], run: str = "simulated", seeds: int = 0, fold: int = 0) -> pd.DataFrame:
    """Scores of every variant, from `(seeds, scenes, exposures, modes)`; psnr is ten times ssim.

    `seeds` is the first one. A baseline without seeds has scores, too.
    """
    rows = [
        {
            "method": variant,
            "label_source": run,
            "seed": str(seeds + seed),
            "fold": fold,
            "scene": f"scene_{fold}_{scene}",
            "place": f"place_{fold}_{scene}",
            "ev": 2.0 * ev,
            "mode": MODES[mode],
            "metric": metric,
            "alignment": "plain",
            "region": "all",
            "value": factor * value,
            "failed": np.nan,
        }
        for metric, factor in (("ssim", 1), ("psnr", 10))
        for variant, array in values.items()
        for (seed, scene, ev, mode), value in np.ndenumerate(array)
    ]
    scores = pd.DataFrame(rows)
    first = scores[(scores.method == "metahdr") & (scores.seed == str(seeds)) & (scores["mode"] == "single")]
    return pd.concat([first.assign(method="ldr", run="none", seed="none"), scores], ignore_index=True)


@pytest.fixture
def drawn():
    """Three variants, three seeds, five scenes, two exposures: effects of each, and noise."""
    rng = np.random.default_rng(3)
    scenes, seeds = rng.normal(0.6, 0.1, (1, 5, 1, 1)), rng.normal(0, 0.05, (3, 1, 1, 1))
    names = ("metahdr", "fomaml", "reptile")
    return {name: scenes + seeds + rng.normal(0, 0.02, (3, 5, 2, 2)) for name in names}


def test_means_gains_and_differences_by_hand():
    # seed 0: scenes 0.5 and 0.7, seed 1: 0.6 and 0.8, alike in both exposures; adaptation adds 0.1
    single = np.array([[0.5, 0.7], [0.6, 0.8]])[..., None].repeat(2, -1)
    metahdr = np.stack([single, single + 0.1], axis=-1)
    other = metahdr + np.array([0.0, 0.02])  # better after adaptation alone
    summary = compare_variants(table({"metahdr": metahdr, "other": other}), 0.9)
    assert summary.method.drop_duplicates().tolist() == ["metahdr", "other"]  # what has no seeds is no variant
    assert (summary["count"] == 8).all() and (summary.failed == 0).all() and set(summary.table) == {"all"}
    rows = summary.set_index(["metric", "method", "mode"]).loc["ssim"]
    expected = pd.DataFrame(
        {"mean": [0.65, 0.75, 0.65, 0.77], "gain": [0, 0.1, 0, 0.12], "difference": [0, 0, 0, 0.02]},
        index=pd.MultiIndex.from_product([["metahdr", "other"], MODES], names=["method", "mode"]),
    )
    pd.testing.assert_frame_equal(rows[expected.columns], expected)
    np.testing.assert_allclose(rows.seed_std, 0.1 / np.sqrt(2))  # of 0.6 and 0.7
    # what is the same in every scene and seed has an interval without width
    np.testing.assert_allclose(rows.loc[("other", MODES[1]), ["difference_low", "difference_high"]], 0.02)
    np.testing.assert_allclose(rows.loc[("other", MODES[1]), ["gain_low", "gain_high"]], 0.12)
    # places 0.55 and 0.75, seeds 0.6 and 0.7: variances 0.01 and 0.0025, one degree of freedom each
    half = stats.t.ppf(0.95, 0.0125**2 / (0.01**2 + 0.0025**2)) * np.sqrt(0.0125)
    np.testing.assert_allclose(
        rows.loc[("metahdr", "single"), ["low", "high"]].astype(float), [0.65 - half, 0.65 + half]
    )
    psnr = summary.set_index(["metric", "method", "mode"]).loc["psnr"]
    assert psnr.difference["other", MODES[1]] == pytest.approx(0.2)


def test_what_seeds_and_scenes_have_in_common_is_no_part_of_a_difference(drawn):
    rows = compare_variants(table(drawn), 0.9).query("method == 'fomaml' and mode == 'adapted_simulated'")
    assert ((rows.difference_high - rows.difference_low) < 0.5 * (rows.high - rows.low)).all()


def test_one_seed_has_no_deviation_between_seeds(drawn):
    summary = compare_variants(table({name: values[:1] for name, values in drawn.items()}), 0.9)
    assert summary.seed_std.isna().all()
    assert summary.drop(columns="seed_std").notna().all(axis=None)


@pytest.mark.parametrize(
    "lacking",
    ["method == 'fomaml' and seed == '1' and ev == 0", "scene == 'scene_0_2' and seed == '0'", "index == 37"],
)
def test_variants_that_were_not_scored_on_the_same_are_not_compared(drawn, lacking):
    scores = table(drawn)
    with pytest.raises(ValueError, match="not paired"):
        compare_variants(scores.drop(index=scores.query(lacking).index), 0.9)


def test_each_label_source_is_compared_with_its_own(drawn):
    better = {name: values + 0.1 * (name == "metahdr") for name, values in drawn.items()}
    both = compare_variants(pd.concat([table(drawn), table(better, "true")]), 0.9)
    for run, values in (("simulated", drawn), ("true", better)):
        alone = compare_variants(table(values, run), 0.9)
        pd.testing.assert_frame_equal(both[both.label_source == run].reset_index(drop=True), alone)


def test_a_variant_of_some_seeds_alone_is_compared_on_these(drawn):
    short = {name: values[:1] if name == "reptile" else values for name, values in drawn.items()}
    summary = compare_variants(table(short), 0.9).set_index("table")
    whole = compare_variants(table({name: drawn[name] for name in ("metahdr", "fomaml")}), 0.9)
    first = compare_variants(table({name: values[:1] for name, values in drawn.items()}), 0.9)
    pd.testing.assert_frame_equal(summary.loc["all"], whole.set_index("table"))
    pd.testing.assert_frame_equal(summary.loc["fold0_seed0"], first.assign(table="fold0_seed0").set_index("table"))


def test_predictions_that_were_scored_as_zeros_are_counted(drawn):
    scores = table(drawn)
    scores["failed"] = scores.failed.astype(object)
    one = "method == 'reptile' and mode == 'single' and scene == 'scene_0_1' and ev == 2 and seed == '2'"
    scores.loc[scores.query(one).index, "failed"] = "nan"
    summary = compare_variants(scores, 0.9).set_index(["metric", "method", "mode"]).failed
    assert summary["ssim", "reptile", "single"] == summary["psnr", "reptile", "single"] == 1
    assert summary.sum() == 2
