import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio

from metahdr.config.photometry import Photometry
from metahdr.errors import UserError
from metahdr.evaluation.predictions import prediction_name
from metahdr.evaluation.scores import COLUMNS, Folder, check_none_gone, check_strict, join_scores, score_folder
from metahdr.images.files import write_exr
from metahdr.metrics.photometry import cd_m2
from metahdr.registry import METRICS
from metahdr.scenes.scene import Scenes
from metahdr.tables import read_table, write_table

PAPERS = [METRICS["ssim"], METRICS["psnr"]]
MODES = ["single", "adapted_true", "adapted_simulated"]


@pytest.fixture
def scenes(results):
    return Scenes(results, "test")


@pytest.fixture
def score(scenes, tmp_path):
    def score(metrics=PAPERS, modes=("single",)) -> pd.DataFrame:
        return score_folder(
            scenes, tmp_path, Folder("metahdr", "true", "1", 2, list(modes)), metrics, Photometry(), {}
        )

    return score


def write(folder, scenes, mode, image):
    """A file for every scene and held-out exposure; `image` takes scene and index."""
    for scene in (scenes[index] for index in range(len(scenes))):
        for index, ev in enumerate(scene.evs):
            pixels = image(scene, index).numpy().transpose(1, 2, 0)
            write_exr(folder / prediction_name(scene.name, ev, mode), pixels, half=False)


def plain(scores: pd.DataFrame) -> pd.DataFrame:
    return scores[(scores.alignment == "plain") & (scores.region == "all")]


def test_predictions_are_scored_on_values_clipped_to_1(scenes, score, tmp_path):
    def off(scene, index):
        clipped = scene.hdr.clip(0, 1)
        return clipped + torch.where(clipped < 0.5, 0.1, -0.1)

    write(tmp_path, scenes, "single", lambda scene, index: scene.hdr)
    write(tmp_path, scenes, "adapted_true", lambda scene, index: scene.hdr.clip(0, 3))
    write(tmp_path, scenes, "adapted_simulated", off)
    scores = plain(score(modes=MODES))
    assert len(scores) == len(scenes) * 3 * 3 * 2
    assert set(scores.scene) == set(scenes.table.scene)
    means = scores.groupby(["metric", "mode"]).value.mean()
    np.testing.assert_allclose(means["ssim"][["single", "adapted_true"]], 1)
    assert means["psnr"]["adapted_simulated"] == pytest.approx(20, rel=1e-4)


def test_values_are_scikit_images_and_rows_say_what_they_are_of(scenes, score, tmp_path):
    write(tmp_path, scenes, "single", lambda scene, index: scene.ldr[index])
    scores, scene = score(), scenes[1]
    found = plain(scores)[(plain(scores).scene == scene.name) & (plain(scores).metric == "psnr")]
    expected = [
        peak_signal_noise_ratio(scene.hdr.clamp(0, 1).double().numpy(), ldr.double().numpy(), data_range=1)
        for ldr in scene.ldr
    ]
    np.testing.assert_allclose(found.value, expected)
    assert list(scores) == COLUMNS and found.ev.tolist() == list(scene.evs)
    first = found.iloc[0]
    assert (first.source, first.place) == (scene.source, scene.place)
    assert (first.fold, first.method, first.label_source, first.seed, first["mode"]) == (
        2,
        "metahdr",
        "true",
        "1",
        "single",
    )
    assert (first.display, first.ppd) == (Photometry().display, Photometry().ppd)
    assert first.cd_m2 == pytest.approx(cd_m2(scene.hdr, Photometry()))
    assert scores.failed.isna().all()


def test_a_region_is_missing_where_it_is_empty_and_the_prediction_has_not_failed(
    scenes, score, tmp_path, monkeypatch
):
    write(tmp_path, scenes, "single", lambda scene, index: scene.hdr)
    dark = torch.cat([scenes[0].ldr[:1].clip(0, 0.9), scenes[0].ldr[1:]])  # nothing is clipped in the darkest
    get = Scenes.__getitem__
    monkeypatch.setattr(Scenes, "__getitem__", lambda self, index: replace(get(self, index), ldr=dark))
    scores = score([METRICS["log_rmse"]])
    clipped = scores[(scores.alignment == "plain") & (scores.region == "clipped")].set_index(["scene", "ev"])
    assert clipped.value[scenes[0].name].isna().tolist() == [True, False, False]
    assert scores.failed.isna().all() and plain(scores).value.notna().all()


def test_every_kind_of_failure_is_named_and_scored_as_zeros(scenes, score, tmp_path, caplog):
    write(tmp_path, scenes, "single", lambda scene, index: scene.hdr)
    places = [(scene, ev) for scene in (scenes[0], scenes[1]) for ev in scene.evs]
    files = [tmp_path / prediction_name(scene.name, ev, "single") for scene, ev in places]
    good = scenes[0].hdr.numpy().transpose(1, 2, 0)
    bad = {
        "nan": good.copy(),
        "infinite": good.copy(),
        "negative": good.copy(),
        "zero": 0 * good,
        "size": good[:16],
    }
    for reason, value in (("nan", np.nan), ("infinite", np.inf), ("negative", -0.5)):
        bad[reason][2, 3, 1] = value
    for file, image in zip(files, bad.values(), strict=False):
        write_exr(file, image, half=False)
    files[5].write_bytes(b"no image")
    scores = score([METRICS["psnr"], METRICS["log_rmse"]])
    (message,) = (record.message for record in caplog.records if "prediction(s) failed" in record.message)
    first, *lines = message.splitlines()
    assert first.startswith("6 prediction(s) failed")
    assert all(str(file) in line for file, line in zip(files, lines, strict=True))
    assert "1 pixels are nan" in lines[0] and "16 x 32 pixels; expected 32 x 32" in lines[4]
    found = plain(scores)[plain(scores).metric == "psnr"].set_index(["scene", "ev"])
    reasons = [*bad, "damaged"]
    assert [found.failed[scene.name, ev] for scene, ev in places] == reasons
    for scene, ev in places:
        expected = -10 * np.log10((scene.hdr.clamp(0, 1).double() ** 2).mean().item())
        assert found.value[scene.name, ev] == pytest.approx(expected)
    assert np.isfinite(scores[scores.region == "all"].value).all()
    write_table(tmp_path / "scores.csv", scores)
    read = read_table(tmp_path / "scores.csv")
    assert read.failed.value_counts().to_dict() == scores.failed.value_counts().to_dict()
    assert set(read.seed) == {"1"}


def test_a_missing_prediction_is_a_row_and_strict_refuses_it(scenes, score, tmp_path):
    write(tmp_path, scenes, "single", lambda scene, index: scene.hdr)
    scores = score()
    check_strict(scores, tmp_path)
    (tmp_path / prediction_name(scenes[0].name, scenes[0].evs[0], "single")).unlink()
    fewer = score()
    assert len(fewer) == len(scores) and (fewer.failed == "missing").any()
    with pytest.raises(UserError, match=r"1 prediction\(s\) failed \(1 missing\)"):
        check_strict(fewer, tmp_path)


def test_values_too_large_to_be_measured_are_a_failure_and_not_a_gap(scenes, score, tmp_path):
    def reciprocal(prediction, truth):
        return torch.where(prediction.amax((1, 2, 3)) > 1e9, torch.nan, 1.0)

    write(tmp_path, scenes, "single", lambda scene, index: scene.hdr * (1e20 if index == 1 else 1))
    scores = score([replace(METRICS["psnr"], domain="linear", function=reciprocal)])
    assert scores[scores.ev == scenes[0].evs[1]].failed.eq("overflow").all() and scores.value.eq(1).all()
    assert scores[scores.ev != scenes[0].evs[1]].failed.isna().all()


def test_scores_are_joined_in_the_order_of_their_scenes_however_they_are_chunked(scenes, score, tmp_path):
    write(tmp_path, scenes, "single", lambda scene, index: scene.hdr)
    one = score(PAPERS)
    rows = pd.concat([one.assign(source=source) for source in ("ash", "elm", "oak")], ignore_index=True)
    folders = {"whole": {"chunk0": ["ash", "elm", "oak"]}}
    folders |= {"parts": {"chunk0": ["oak"], "chunk1": [], "chunk2": ["ash", "elm"]}}
    joined = []
    for name, parts in folders.items():
        for chunk, sources in parts.items():
            write_table(tmp_path / name / "scores" / f"{chunk}.csv", rows[rows.source.isin(sources)], "%.6g")
        joined.append(join_scores([tmp_path / name], list(parts)))
    pd.testing.assert_frame_equal(*joined)
    assert joined[0].source.tolist() == rows.source.tolist()
    assert joined[0].value.tolist() == pytest.approx(rows.value.tolist(), rel=1e-5)


def test_without_test_scenes_the_user_learns_what_to_change(tmp_path):
    write_table(tmp_path / "fold0/methods/ldr/scores/chunk0.csv", pd.DataFrame(columns=COLUMNS))
    with pytest.raises(UserError, match=r"fold0/methods/ldr: no test scenes.*split\.shares.*split\.fixed"):
        join_scores([tmp_path / "fold0/methods/ldr"], ["chunk0"])


def test_predictions_of_a_run_that_are_gone_stop_its_scores_and_are_named(scenes, score, tmp_path):
    write(tmp_path, scenes, "single", lambda scene, index: scene.hdr)
    check_none_gone(score(), tmp_path)
    gone = tmp_path / prediction_name(scenes[0].name, scenes[0].evs[0], "single")
    gone.unlink()
    with pytest.raises(UserError, match=rf"1 prediction\(s\) of the run are gone.*\n  {re.escape(gone.name)}\n"):
        check_none_gone(score(), tmp_path)


def test_one_that_failed_is_not_gone(scenes, score, tmp_path):
    write(tmp_path, scenes, "single", lambda scene, index: torch.full_like(scene.hdr, torch.nan))
    check_none_gone(score(), tmp_path)
