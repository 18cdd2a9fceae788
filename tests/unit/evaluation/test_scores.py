import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm
from skimage.metrics import peak_signal_noise_ratio

from metahdr.evaluation.predictions import modes, prediction_name
from metahdr.evaluation.scores import aggregate, nested, score_exposures, score_predictions
from metahdr.images import write_exr
from metahdr.methods.metahdr import MetaHDR
from metahdr.scenes import Scenes


def table(ssim: dict[tuple, list[float]]) -> pd.DataFrame:
    """Scores of (run, mode): one value per scene and exposure -2 and +2, psnr ten times ssim."""
    return pd.DataFrame(
        {"scene": f"scene_{i // 2}", "ev": (-2.0, 2.0)[i % 2], "run": run, "mode": mode, "ssim": s, "psnr": 10 * s}
        for (run, mode), values in ssim.items()
        for i, s in enumerate(values)
    )


@pytest.fixture
def scores():
    return table(
        {
            ("none", "ldr"): [0.1, 0.2, 0.3, 0.4],
            ("true", "single"): [0.5, 0.6, 0.7, 0.8],
            ("true", "adapted_true"): [0.6, 0.7, 0.8, 0.9],
            ("true", "adapted_simulated"): [0.5, 0.7, 0.6, 0.8],
        }
    )


def test_means_and_gains_over_single_shot_by_hand(scores):
    summary = aggregate(scores, 100, 0.95, seed=0).set_index(["run", "mode", "metric"])
    ssim = summary.xs("ssim", level="metric")
    assert ssim["mean"].round(6).to_dict() == {
        ("none", "ldr"): 0.25,
        ("true", "single"): 0.65,
        ("true", "adapted_true"): 0.75,
        ("true", "adapted_simulated"): 0.65,
    }
    gains = {mode: gain for (_, mode), gain in ssim.gain.round(6).items()}
    assert gains == {"ldr": 0, "single": 0, "adapted_true": 0.1, "adapted_simulated": 0}
    assert summary.gain["true", "adapted_true", "psnr"] == pytest.approx(1)
    assert (summary["count"] == 4).all()


def test_a_gain_that_is_the_same_everywhere_has_an_interval_without_width(scores):
    summary = aggregate(scores, 100, 0.95, seed=0).set_index(["mode", "metric"])
    row = summary.loc["adapted_true", "ssim"]
    np.testing.assert_allclose([row.gain_low, row.gain_high], 0.1)
    assert row.low < row["mean"] < row.high


def test_the_interval_is_that_of_normal_theory_for_many_scenes():
    rng = np.random.default_rng(0)
    single, gains = rng.normal(0.7, 0.1, 400), rng.normal(0.02, 0.01, 400)
    single, gains = np.repeat(single, 2), np.repeat(gains, 2)
    scores = table({("true", "single"): single, ("true", "adapted_true"): single + gains})
    row = aggregate(scores, 4000, 0.9, seed=0).set_index(["mode", "metric"]).loc["adapted_true", "ssim"]
    for values, low, high in ((single + gains, row.low, row.high), (gains, row.gain_low, row.gain_high)):
        error = norm.ppf(0.95) * values.std() / np.sqrt(400)  # scenes, not exposures
        np.testing.assert_allclose([low, high], [values.mean() - error, values.mean() + error], atol=0.1 * error)


def test_more_confidence_is_a_wider_interval(scores):
    narrow, wide = (aggregate(scores, 500, confidence, seed=0) for confidence in (0.5, 0.95))
    assert (wide.high - wide.low > narrow.high - narrow.low).all()


def test_a_table_that_lacks_a_mode_somewhere_is_not_averaged(scores):
    with pytest.raises(ValueError, match="not paired"):
        aggregate(scores.drop(index=5), 10, 0.95, seed=0)


def test_the_same_seed_gives_the_same_intervals():
    scores = table({("true", "single"): np.random.default_rng(0).random(40)})
    pd.testing.assert_frame_equal(aggregate(scores, 50, 0.9, seed=3), aggregate(scores, 50, 0.9, seed=3))
    assert not aggregate(scores, 50, 0.9, seed=3).equals(aggregate(scores, 50, 0.9, seed=4))


def test_the_nested_form_is_run_mode_metric(scores):
    summary = nested(aggregate(scores, 10, 0.95, seed=0))
    assert summary["true"]["adapted_true"]["psnr"]["mean"] == pytest.approx(7.5)
    assert set(summary["none"]["ldr"]) == {"ssim", "psnr"}


def test_predictions_are_scored_on_values_clipped_to_1(results, tmp_path):
    scenes = Scenes(results, "test")
    for index in range(len(scenes)):
        scene = scenes[index]
        truth = scene.hdr.numpy().transpose(1, 2, 0)
        clipped = truth.clip(0, 1)
        images = (truth, truth.clip(0, 3), clipped + np.where(clipped < 0.5, 0.1, -0.1).astype(np.float32))
        for mode, image in zip(modes(MetaHDR, ["true", "simulated"]), images, strict=True):
            for ev in scene.evs:
                write_exr(tmp_path / prediction_name(scene.name, ev, mode), image, half=False)
    scores = score_predictions(scenes, "true", ["true", "simulated"], tmp_path)
    assert len(scores) == len(scenes) * 3 * 3
    assert set(scores.scene) == set(scenes.table.scene)
    by_mode = scores.groupby("mode")[["ssim", "psnr"]].mean()
    np.testing.assert_allclose(by_mode.ssim[["single", "adapted_true"]], 1)
    assert by_mode.psnr["adapted_simulated"] == pytest.approx(20, rel=1e-4)


def test_the_baseline_is_the_exposure_itself(results):
    scenes = Scenes(results, "test")
    scores = score_exposures(scenes)
    assert set(zip(scores.run, scores["mode"], strict=True)) == {("none", "ldr")}
    scene = scenes[1]
    expected = [
        peak_signal_noise_ratio(scene.hdr.clamp(0, 1).double().numpy(), ldr.double().numpy(), data_range=1)
        for ldr in scene.ldr
    ]
    np.testing.assert_allclose(scores[scores.scene == scene.name].psnr, expected)
