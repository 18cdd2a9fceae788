import shutil

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import stats

from metahdr.config.meta import Meta
from metahdr.config.photometry import Photometry
from metahdr.errors import UserError
from metahdr.evaluation.ablation import MODES, compare_arms, score_arm
from metahdr.evaluation.predictions import write_predictions
from metahdr.evaluation.scores import Folder, score_folder
from metahdr.images.files import write_exr
from metahdr.meta.trainer import Trainer
from metahdr.registry import METHODS, METRICS
from metahdr.scenes.scene import Scenes, label_name
from metahdr.training import checkpoint
from metahdr.training.inputs import TrainingInputs


def table(values: dict[str, np.ndarray]) -> pd.DataFrame:
    """Scores of every arm, from `(seeds, scenes, exposures, modes)`; psnr is ten times ssim."""
    return pd.DataFrame(
        {
            "arm": arm,
            "seed": seed,
            "scene": f"scene_{scene}",
            "place": f"place_{scene}",
            "ev": 2.0 * ev,
            "mode": MODES[mode],
            "metric": metric,
            "value": factor * value,
        }
        for metric, factor in (("ssim", 1), ("psnr", 10))
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
    trainer = Trainer(TrainingInputs(results, {}, "panoramas", settings, 0, 1, "digest", folder / "state.pt"))
    trainer.run()
    checkpoint.save(folder / "best.pt", trainer.best)
    return folder / "best.pt"


def test_means_gains_and_differences_by_hand():
    # seed 0: scenes 0.5 and 0.7, seed 1: 0.6 and 0.8, alike in both exposures; adaptation adds 0.1
    single = np.array([[0.5, 0.7], [0.6, 0.8]])[..., None].repeat(2, -1)
    maml = np.stack([single, single + 0.1], axis=-1)
    other = maml + np.array([0.0, 0.02])  # better after adaptation alone
    summary = compare_arms(table({"other": other, "maml": maml}), "maml", 0.9)
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
    # places 0.55 and 0.75, seeds 0.6 and 0.7: variances 0.01 and 0.0025, one degree of freedom each
    half = stats.t.ppf(0.95, 0.0125**2 / (0.01**2 + 0.0025**2)) * np.sqrt(0.0125)
    np.testing.assert_allclose(
        rows.loc[("maml", "single"), ["low", "high"]].astype(float), [0.65 - half, 0.65 + half]
    )
    psnr = summary.set_index(["metric", "arm", "mode"]).loc["psnr"]
    assert psnr.difference["other", "adapted"] == pytest.approx(0.2)


def test_what_seeds_and_scenes_have_in_common_is_no_part_of_a_difference(drawn):
    rows = compare_arms(table(drawn), "maml", 0.9).query("arm == 'fomaml' and mode == 'adapted'")
    assert ((rows.difference_high - rows.difference_low) < 0.5 * (rows.high - rows.low)).all()


def test_one_seed_has_no_deviation_between_seeds(drawn):
    summary = compare_arms(table({arm: values[:1] for arm, values in drawn.items()}), "maml", 0.9)
    assert summary.seed_std.isna().all()
    assert summary.drop(columns="seed_std").notna().all(axis=None)


@pytest.mark.parametrize(
    "lacking", ["arm == 'fomaml' and seed == 1", "scene == 'scene_2' and seed == 0", "index == 7"]
)
def test_arms_that_were_not_scored_on_the_same_are_not_compared(drawn, lacking):
    scores = table(drawn)
    with pytest.raises(ValueError, match="not paired"):
        compare_arms(scores.drop(index=scores.query(lacking).index), "maml", 0.9)


def test_scores_are_those_of_the_predictions_that_the_default_run_writes(trained, results, tmp_path):
    fold = shutil.copytree(results.parent, tmp_path / "data") / results.name
    scenes, labels = Scenes(fold, "test"), fold / "labels/simulated"
    metrics = [METRICS["ssim"], METRICS["psnr"]]
    found = score_arm(scenes, trained, "true", "maml", 4, metrics, Photometry(), {})
    assert set(found.arm) == {"maml"} and set(found.seed) == {4}
    for scene in (scenes[index] for index in range(len(scenes))):
        for ev, image in zip(scene.evs, scene.ldr, strict=True):
            write_exr(
                labels / scene.chunk / label_name(scene.name, ev), image.numpy().transpose(1, 2, 0), half=False
            )
    simulated = score_arm(scenes, trained, "simulated", "maml", 4, metrics, Photometry(), {})
    write_predictions(METHODS["metahdr"].load(trained), scenes, ["true", "simulated"], tmp_path)
    modes = ["single", "adapted_true", "adapted_simulated"]
    cell = Folder("metahdr", "true", "4", 0, modes)
    written = score_folder(scenes, tmp_path, cell, metrics, Photometry(), {})
    for scores, mode in ((found, "adapted_true"), (simulated, "adapted_simulated")):
        for ours, theirs in (("single", "single"), ("adapted", mode)):
            rows, expected = (
                table[table["mode"] == mode].set_index(["scene", "ev", "metric", "alignment", "region"]).value
                for table, mode in ((scores, ours), (written, theirs))
            )
            pd.testing.assert_series_equal(rows, expected, rtol=1e-3)  # written ones are rounded to half precision
    assert not np.allclose(found.value, simulated.value, atol=1e-9)


def test_a_reconstruction_that_is_not_finite_is_named(trained, results, tmp_path):
    values = checkpoint.load(trained)
    values["parameters"] = {name: torch.full_like(v, torch.nan) for name, v in values["parameters"].items()}
    checkpoint.save(tmp_path / "best.pt", values)
    scenes = Scenes(results, "test")
    with pytest.raises(UserError, match=rf"arm maml, seed 4: .*{scenes[0].name}, EV -2 held out.*not finite"):
        score_arm(scenes, tmp_path / "best.pt", "true", "maml", 4, [METRICS["ssim"]], Photometry(), {})
