import shutil

import numpy as np
import pandas as pd
import pytest

from metahdr.config.meta import Meta
from metahdr.evaluation.ablation import MODES, compare_arms, score_arm
from metahdr.evaluation.predictions import write_predictions
from metahdr.evaluation.scores import score_predictions
from metahdr.images import write_exr
from metahdr.meta.trainer import Trainer
from metahdr.methods.metahdr import MetaHDR
from metahdr.scenes import Scenes, label_name
from metahdr.training import checkpoint


def table(values: dict[str, np.ndarray]) -> pd.DataFrame:
    """Scores of every arm, from `(seeds, scenes, exposures, modes)`; psnr is ten times ssim."""
    return pd.DataFrame(
        {
            "arm": arm,
            "seed": seed,
            "scene": f"scene_{scene}",
            "source": "place",
            "ev": 2.0 * ev,
            "mode": MODES[mode],
        }
        | {"ssim": value, "psnr": 10 * value}
        for arm, array in values.items()
        for (seed, scene, ev, mode), value in np.ndenumerate(array)
    )


@pytest.fixture
def drawn():
    """Three arms, three seeds, five scenes, two exposures: effects of each, and noise."""
    rng = np.random.default_rng(3)
    scenes, seeds = rng.normal(0.6, 0.1, (1, 5, 1, 1)), rng.normal(0, 0.05, (3, 1, 1, 1))
    return {arm: scenes + seeds + rng.normal(0, 0.02, (3, 5, 2, 2)) for arm in ("maml", "fomaml", "reptile")}


@pytest.fixture(scope="module")
def trained(results, tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    settings = Meta(filters=2, inner_steps=2, tasks=2, iterations=2, validate_every=2, save_every=2)
    splits = Scenes(results, "train"), Scenes(results, "validation")
    trainer = Trainer(*splits, "true", settings, 0, folder / "state.pt", "")
    trainer.run()
    checkpoint.save(folder / "best.pt", trainer.best)
    return folder / "best.pt"


def test_means_gains_and_differences_by_hand():
    # seed 0: scenes 0.5 and 0.7, seed 1: 0.6 and 0.8, alike in both exposures; adaptation adds 0.1
    single = np.array([[0.5, 0.7], [0.6, 0.8]])[..., None].repeat(2, -1)
    maml = np.stack([single, single + 0.1], axis=-1)
    other = maml + np.array([0.0, 0.02])  # better after adaptation alone
    summary = compare_arms(table({"other": other, "maml": maml}), "maml", 500, 0.98, seed=0)
    assert summary.arm.drop_duplicates().tolist() == ["maml", "other"]  # the baseline comes first
    assert (summary["count"] == 8).all()
    rows = summary.set_index(["metric", "arm", "mode"]).loc["ssim"]
    expected = pd.DataFrame(
        {"mean": [0.65, 0.75, 0.65, 0.77], "gain": [0, 0.1, 0, 0.12], "difference": [0, 0, 0, 0.02]},
        index=pd.MultiIndex.from_product([["maml", "other"], MODES], names=["arm", "mode"]),
    )
    pd.testing.assert_frame_equal(rows[expected.columns], expected)
    np.testing.assert_allclose(rows.seed_std, 0.1 / np.sqrt(2))  # of 0.6 and 0.7
    # what is the same in every scene and seed has an interval without width
    np.testing.assert_allclose(rows.loc[("other", "adapted"), ["difference_low", "difference_high"]], 0.02)
    np.testing.assert_allclose(rows.loc[("other", "adapted"), ["gain_low", "gain_high"]], 0.12)
    # one scene of one seed alone, a sixteenth of the draws each: the worst and the best are the ends
    np.testing.assert_allclose(rows.loc[("maml", "single"), ["low", "high"]].astype(float), [0.5, 0.8])
    psnr = summary.set_index(["metric", "arm", "mode"]).loc["psnr"]
    assert psnr.difference["other", "adapted"] == pytest.approx(0.2)


def test_the_intervals_are_those_of_drawing_scenes_and_seeds_one_by_one(drawn):
    summary = compare_arms(table(drawn), "maml", 8000, 0.8, seed=0).set_index(["metric", "arm", "mode"])
    row = summary.loc["ssim", "reptile", "adapted"]
    rng = np.random.default_rng(1)
    means, gains, differences = [], [], []
    for _ in range(8000):
        seeds, scenes = rng.integers(3, size=3), rng.integers(5, size=5)
        reptile, maml = (drawn[arm][seeds][:, scenes].mean((0, 1, 2)) for arm in ("reptile", "maml"))
        means.append(reptile[1])
        gains.append(reptile[1] - reptile[0])
        differences.append(reptile[1] - maml[1])
    for draws, names in (
        (means, ["low", "high"]),
        (gains, ["gain_low", "gain_high"]),
        (differences, ["difference_low", "difference_high"]),
    ):
        expected = np.quantile(draws, [0.1, 0.9])
        np.testing.assert_allclose(row[names].astype(float), expected, atol=0.05 * np.ptp(expected))


def test_what_seeds_and_scenes_have_in_common_is_no_part_of_a_difference(drawn):
    rows = compare_arms(table(drawn), "maml", 500, 0.9, seed=0).query("arm == 'fomaml' and mode == 'adapted'")
    assert ((rows.difference_high - rows.difference_low) < 0.5 * (rows.high - rows.low)).all()


def test_one_seed_has_no_deviation_between_seeds(drawn):
    summary = compare_arms(table({arm: values[:1] for arm, values in drawn.items()}), "maml", 50, 0.9, seed=0)
    assert summary.seed_std.isna().all()
    assert summary.drop(columns="seed_std").notna().all(axis=None)


@pytest.mark.parametrize(
    "lacking", ["arm == 'fomaml' and seed == 1", "scene == 'scene_2' and seed == 0", "index == 7"]
)
def test_arms_that_were_not_scored_on_the_same_are_not_compared(drawn, lacking):
    scores = table(drawn)
    with pytest.raises(ValueError, match="not paired"):
        compare_arms(scores.drop(index=scores.query(lacking).index), "maml", 10, 0.9, seed=0)


def test_scores_are_those_of_the_predictions_that_the_default_run_writes(trained, results, tmp_path):
    data = shutil.copytree(results, tmp_path / "data")
    scenes, labels = Scenes(data, "test"), data / "labels/simulated"
    found = score_arm(scenes, trained, "true", "maml", 4)
    assert set(found.arm) == {"maml"} and set(found.seed) == {4}
    for scene in (scenes[index] for index in range(len(scenes))):
        for ev, image in zip(scene.evs, scene.ldr, strict=True):
            write_exr(labels / label_name(scene.name, ev), image.numpy().transpose(1, 2, 0), half=False)
    simulated = score_arm(scenes, trained, "simulated", "maml", 4)
    write_predictions(MetaHDR.load(trained), scenes, ["true", "simulated"], tmp_path / "predictions")
    written = score_predictions(scenes, "maml", ["true", "simulated"], tmp_path / "predictions").set_index(
        ["mode", "scene", "ev"]
    )
    for scores, mode in ((found, "adapted_true"), (simulated, "adapted_simulated")):
        for ours, theirs in (("single", "single"), ("adapted", mode)):
            rows = scores[scores["mode"] == ours].set_index(["scene", "ev"])[["ssim", "psnr"]]
            expected = written.loc[theirs, ["ssim", "psnr"]]
            pd.testing.assert_frame_equal(rows, expected, rtol=1e-3)  # written ones are rounded to half precision
    assert not np.allclose(found.ssim, simulated.ssim, atol=1e-9)
