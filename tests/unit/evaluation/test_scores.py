import json
import shutil

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.stats import norm
from skimage.metrics import peak_signal_noise_ratio

from metahdr.errors import UserError
from metahdr.evaluation.predictions import prediction_name
from metahdr.evaluation.scores import aggregate, list_predictions, nested, score_predictions
from metahdr.images import write_exr
from metahdr.registry import METRICS
from metahdr.scenes import Scenes

PAPERS = [METRICS["ssim"], METRICS["psnr"]]


def table(ssim: dict[tuple, list[float]]) -> pd.DataFrame:
    """Scores of (run, mode): one value per scene and exposure -2 and +2, psnr ten times ssim."""
    return pd.DataFrame(
        {"scene": f"scene_{i // 2}", "ev": (-2.0, 2.0)[i % 2]}
        | {"method": "ldr" if run == "none" else "metahdr", "run": run, "mode": mode}
        | {"metric": metric, "value": factor * s}
        for (run, mode), values in ssim.items()
        for i, s in enumerate(values)
        for metric, factor in (("ssim", 1), ("psnr", 10))
    )


@pytest.fixture
def scores():
    return table(
        {
            ("none", "single"): [0.1, 0.2, 0.3, 0.4],
            ("true", "single"): [0.5, 0.6, 0.7, 0.8],
            ("true", "adapted_true"): [0.6, 0.7, 0.8, 0.9],
            ("true", "adapted_simulated"): [0.5, 0.7, 0.6, 0.8],
        }
    )


def test_means_and_gains_over_single_shot_by_hand(scores):
    summary = aggregate(scores, 100, 0.95, seed=0).set_index(["run", "mode", "metric"])
    ssim = summary.xs("ssim", level="metric")
    assert ssim["mean"].round(6).to_dict() == {
        ("none", "single"): 0.25,
        ("true", "single"): 0.65,
        ("true", "adapted_true"): 0.75,
        ("true", "adapted_simulated"): 0.65,
    }
    gains = ssim.gain.round(6).to_dict()
    assert gains.pop(("none", "single")) == 0
    assert gains == {("true", "single"): 0, ("true", "adapted_true"): 0.1, ("true", "adapted_simulated"): 0}
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
    lacking = (scores.scene == "scene_1") & (scores.ev == 2) & (scores["mode"] == "adapted_true")
    with pytest.raises(ValueError, match="not paired.* scene_1, ev 2.0, .*adapted_true"):
        aggregate(scores[~lacking], 10, 0.95, seed=0)


def test_the_same_seed_gives_the_same_intervals():
    scores = table({("true", "single"): np.random.default_rng(0).random(40)})
    pd.testing.assert_frame_equal(aggregate(scores, 50, 0.9, seed=3), aggregate(scores, 50, 0.9, seed=3))
    assert not aggregate(scores, 50, 0.9, seed=3).equals(aggregate(scores, 50, 0.9, seed=4))


def test_the_nested_form_is_method_run_mode_metric(scores):
    summary = nested(aggregate(scores, 10, 0.95, seed=0))
    assert summary["metahdr"]["true"]["adapted_true"]["psnr"]["mean"] == pytest.approx(7.5)
    assert set(summary["ldr"]["none"]["single"]) == {"ssim", "psnr"}


def test_a_region_that_is_empty_everywhere_is_missing_and_not_a_number_in_json(scores):
    summary = nested(aggregate(scores.assign(value=np.nan), 10, 0.95, seed=0))
    row = summary["ldr"]["none"]["single"]["ssim"]
    assert row["mean"] is None and row["count"] == 0
    assert "NaN" not in json.dumps(summary)


def write(folder, scenes, mode, image):
    """A file for every scene and held-out exposure; `image` takes scene and index."""
    for scene in (scenes[index] for index in range(len(scenes))):
        for index, ev in enumerate(scene.evs):
            pixels = image(scene, index).numpy().transpose(1, 2, 0)
            write_exr(folder / prediction_name(scene.name, ev, mode), pixels, half=False)


def test_predictions_are_scored_on_values_clipped_to_1(results, tmp_path):
    scenes = Scenes(results, "test")

    def off(scene, index):
        clipped = scene.hdr.clip(0, 1)
        return clipped + torch.where(clipped < 0.5, 0.1, -0.1)

    folder = tmp_path / "true" / "predictions"
    write(folder, scenes, "single", lambda scene, index: scene.hdr)
    write(folder, scenes, "adapted_true", lambda scene, index: scene.hdr.clip(0, 3))
    write(folder, scenes, "adapted_simulated", off)
    predictions = list_predictions(tmp_path, ["true"], [], ["true", "simulated"])
    scores = score_predictions(scenes, predictions, PAPERS)
    assert len(scores) == len(scenes) * 3 * 3 * 2
    assert set(scores.scene) == set(scenes.table.scene)
    means = scores.groupby(["metric", "mode"]).value.mean()
    np.testing.assert_allclose(means["ssim"][["single", "adapted_true"]], 1)
    assert means["psnr"]["adapted_simulated"] == pytest.approx(20, rel=1e-4)


def test_the_exposure_itself_is_scored_as_any_other_method(results, tmp_path):
    scenes = Scenes(results, "test")
    write(tmp_path / "methods/ldr/predictions", scenes, "single", lambda scene, index: scene.ldr[index])
    scores = score_predictions(scenes, list_predictions(tmp_path, [], ["ldr"], []), PAPERS)
    assert set(zip(scores.method, scores.run, scores["mode"], strict=True)) == {("ldr", "none", "single")}
    scene = scenes[1]
    expected = [
        peak_signal_noise_ratio(scene.hdr.clamp(0, 1).double().numpy(), ldr.double().numpy(), data_range=1)
        for ldr in scene.ldr
    ]
    found = scores[(scores.scene == scene.name) & (scores.metric == "psnr")]
    np.testing.assert_allclose(found.value, expected)


def test_the_clipped_region_is_where_a_channel_of_the_held_out_exposure_is_255(results, tmp_path):
    scenes = Scenes(results, "test")

    def half_where_clipped(scene, index):
        truth = scene.hdr.clip(1 / 255, 1)
        return torch.where((scene.ldr[index] >= 1).any(0), truth / 2, truth)

    write(tmp_path / "true" / "predictions", scenes, "single", half_where_clipped)
    metrics = [METRICS["log_rmse"], METRICS["log_rmse_clipped"]]
    scores = score_predictions(scenes, list_predictions(tmp_path, ["true"], [], []), metrics)
    wide = scores.pivot(index=["scene", "ev"], columns="metric", values="value").reset_index()
    for row in wide.itertuples():
        scene = next(scene for scene in scenes if scene.name == row.scene)
        share = (scene.ldr[scene.evs.index(row.ev)] == 1).any(0).float().mean().item()
        assert np.isnan(row.log_rmse_clipped) if share == 0 else row.log_rmse_clipped == pytest.approx(1, abs=0.01)
        assert row.log_rmse == pytest.approx(share**0.5, abs=0.01)


def test_every_prediction_that_cannot_be_scored_is_named_at_once(results, tmp_path):
    scenes = Scenes(results, "test")
    folder = tmp_path / "methods/ldr/predictions"
    write(folder, scenes, "single", lambda scene, index: scene.ldr[index])
    names = [prediction_name(scenes[0].name, ev, "single") for ev in scenes[0].evs]
    names += [prediction_name(scenes[1].name, ev, "single") for ev in scenes[1].evs]
    good = scenes[0].ldr[0].numpy().transpose(1, 2, 0)
    for name, value in zip(names, (np.nan, np.inf, -0.5), strict=False):
        bad = good.copy()
        bad[2, 3, 1] = value
        write_exr(folder / name, bad, half=False)
    write_exr(folder / names[3], good[:16])
    (folder / names[4]).unlink()
    (folder / names[5]).write_bytes(b"no image")
    with pytest.raises(UserError) as error:
        score_predictions(scenes, list_predictions(tmp_path, [], ["ldr"], []), PAPERS)
    first, *lines = str(error.value).splitlines()
    assert first.startswith("6 prediction(s)")
    assert len(lines) == 6 and all(str(folder / name) in line for name, line in zip(names, lines, strict=True))
    assert all("1 pixels are negative, infinite or NaN" in line for line in lines[:3])
    assert "16 x 32 pixels; expected 32 x 32" in lines[3]
    assert "no such file" in lines[4]


def test_without_test_scenes_the_user_learns_what_to_change(results, tmp_path):
    data = shutil.copytree(results, tmp_path / "data")
    table = pd.read_csv(data / "scenes.csv")
    table[table.split != "test"].to_csv(data / "scenes.csv", index=False)
    with pytest.raises(UserError, match=r"scenes\.csv: no test scenes.*split\.shares.*split\.fixed"):
        score_predictions(Scenes(data, "test"), [], PAPERS)
