import json

import pandas as pd
import pytest

from metahdr.cli import main
from metahdr.config.motion import Motion
from metahdr.config.photometry import Photometry
from metahdr.config.score import Score
from metahdr.evaluation.predictions import prediction_name
from metahdr.evaluation.scores import COLUMNS, Folder, score_folder
from metahdr.evaluation.summary import summarise
from metahdr.images.files import write_exr
from metahdr.registry import METRICS
from metahdr.scenes.scene import Scenes
from metahdr.tables import read_table, write_table


def write(folder, scenes, image, mode="single"):
    for scene in (scenes[index] for index in range(len(scenes))):
        for index in scene.queries():
            pixels = image(scene, index).numpy().transpose(1, 2, 0)
            write_exr(folder / prediction_name(scene.name, scene.evs[index], mode), pixels, half=False)


def ldr(scene, index):
    return scene.ldr[index]


def truth(scene, index):
    return scene.hdr


@pytest.fixture
def start(tmp_path, monkeypatch):
    """Makes a run with one method, ldr, and the folder `mine` with the truth as somebody's own predictions."""

    def start(fold, moving=False, metrics=("psnr",)):
        data, scenes = tmp_path / "results" / "tiny", Scenes(fold, "test", moving=moving)
        data.mkdir(parents=True)
        for name in ("scenes", "exposures", "fold0"):
            (data / name).symlink_to(fold.parent / name)
        write(tmp_path / "ldr", scenes, ldr)
        write(tmp_path / "mine", scenes, truth)
        cell, metrics = Folder("ldr", "none", "none", 0, ["single"]), [METRICS[name] for name in metrics]
        scores = score_folder(scenes, tmp_path / "ldr", cell, metrics, Photometry(), {})
        write_table(data / "moving/scores.csv" if moving else data / "scores.csv", scores)
        config = {"config": {"score": json.loads(Score().model_dump_json())}}
        (data / "provenance.json").write_text(json.dumps(config), encoding="utf-8")

        def call(*words: str) -> pd.DataFrame:
            monkeypatch.setattr("sys.argv", ["metahdr", "score", "--data", str(tmp_path / "results"), *words])
            main()
            return scores

        return call

    return start


@pytest.fixture
def call(results, start):
    return start(results)


def test_own_means_stand_beside_the_runs_best(call, tmp_path, capsys):
    scores = call(str(tmp_path / "mine"), "--name", "mine")
    printed = capsys.readouterr().out
    (row,) = (line for line in printed.splitlines() if line.startswith("PSNR"))
    assert "100.00" in row and f"{100 - scores.value.mean():+.2f}" in row and row.endswith("ldr/single")
    assert "mine single" in printed and "failed: 0" in printed


def test_a_screen_is_enough_however_many_modes_there_are(results, start, tmp_path, capsys):
    call = start(results, metrics=("psnr", "ssim", "linear_psnr", "mu_psnr", "log_rmse", "pu21_psnr"))
    call(str(tmp_path / "mine"))
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 9 and max(map(len, lines)) <= 100
    for mode in ("stack", "other", "another"):
        write(tmp_path / "mine", Scenes(results, "test"), truth, mode)
    call(str(tmp_path / "mine"), "--out", str(tmp_path / "scored"))
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) <= 24 and "12 more lines" in "".join(lines)
    assert read_table(tmp_path / "scored/summary.csv")["mode"].nunique() == 4


def test_tables_are_written_as_a_run_writes_them(call, tmp_path):
    scores = call(str(tmp_path / "ldr"), "--out", str(tmp_path / "scored"))
    written, summary = (read_table(tmp_path / "scored" / name) for name in ("scores.csv", "summary.csv"))
    assert list(written) == COLUMNS and set(written.method) == {"own"}
    expected = scores.assign(method="own", failed=float("nan"))
    pd.testing.assert_frame_equal(written, expected, check_dtype=False, rtol=1e-5)
    expected = summarise(scores, 0.95)
    assert list(summary) == list(expected)
    rows = ["ev", "mean", "low", "high", "count", "places", "failed"]
    pd.testing.assert_frame_equal(summary[rows], expected[rows], check_dtype=False, rtol=1e-5)
    assert set(summary.best) == {"ldr/single"} and not summary.over_best.any()


def test_tables_of_a_run_are_never_written_over(call, tmp_path):
    data = tmp_path / "results/tiny"
    before = (data / "scores.csv").read_bytes()
    for out in (data, data / "mine"):
        with pytest.raises(SystemExit, match="lies in the folder of a run"):
            call(str(tmp_path / "mine"), "--out", str(out))
    (tmp_path / "file").touch()
    with pytest.raises(SystemExit, match="file: cannot be made"):
        call(str(tmp_path / "mine"), "--out", str(tmp_path / "file"))
    assert (data / "scores.csv").read_bytes() == before and not (data / "mine").exists()


def test_what_is_missing_is_counted_and_strict_refuses_it(call, tmp_path, capsys):
    next((tmp_path / "mine").iterdir()).unlink()
    with pytest.raises(SystemExit, match=r"1 prediction\(s\) failed \(1 missing\)"):
        call(str(tmp_path / "mine"), "--strict")
    assert "failed: 1 (1 missing), scored as zeros" in capsys.readouterr().out


def test_of_many_that_failed_the_first_ones_are_named(call, tmp_path, capsys, caplog):
    files = sorted((tmp_path / "mine").iterdir())
    for path in files[1:]:
        path.unlink()
    for mode in ("stack", "other"):
        files[0].with_name(files[0].name.replace("single", mode)).write_bytes(b"no image")
    call(str(tmp_path / "mine"))
    missing = 3 * (len(files) - 1)
    assert f"failed: {missing + 2} ({missing} missing, 2 damaged), scored as zeros" in capsys.readouterr().out
    (warning,) = caplog.messages
    assert warning.endswith(f"\n  and {missing + 2 - 10} more") and len(warning.splitlines()) == 12


def test_moving_brackets_are_scored_with_their_own_truth(results, start, move_scenes, tmp_path):
    fold = move_scenes(results, Motion())
    call = start(fold, moving=True)
    call(str(tmp_path / "mine"), "--moving", "--out", str(tmp_path / "scored"))
    scores = read_table(tmp_path / "scored/scores.csv")
    assert set(scores.ev) == {0.0} and set(scores[scores.metric == "psnr"].value) == {100.0}


def test_a_run_without_moving_brackets_says_what_makes_them(call, tmp_path):
    with pytest.raises(SystemExit, match="moving/scores.csv: no such file; .* `make benchmark`"):
        call(str(tmp_path / "mine"), "--moving")


def test_a_folder_without_predictions_and_a_name_that_is_taken_are_explained(call, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(SystemExit, match=r"expected files such as .*_ev-2_single\.exr"):
        call(str(tmp_path / "empty"))
    for name in ("ldr", "hdrcnn"):
        with pytest.raises(SystemExit, match=f"--name {name}: a method of the project has that name"):
            call(str(tmp_path / "mine"), "--name", name)
