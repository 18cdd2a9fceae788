import json

import pandas as pd
import pytest

from metahdr.cli import main
from metahdr.config.photometry import Photometry
from metahdr.config.score import Score
from metahdr.evaluation.predictions import prediction_name
from metahdr.evaluation.scores import Folder, score_folder
from metahdr.images.files import write_exr
from metahdr.registry import METRICS
from metahdr.scenes.scene import Scenes
from metahdr.tables import write_table


def write(folder, scenes, image):
    for scene in (scenes[index] for index in range(len(scenes))):
        for index, ev in enumerate(scene.evs):
            pixels = image(scene, index).numpy().transpose(1, 2, 0)
            write_exr(folder / prediction_name(scene.name, ev, "single"), pixels, half=False)


@pytest.fixture
def call(results, tmp_path, monkeypatch):
    """A run with one method, ldr, and the folder `mine` with the truth as somebody's own predictions."""
    data, scenes = tmp_path / "results" / "tiny", Scenes(results, "test")
    data.mkdir(parents=True)
    for name in ("scenes", "exposures", "fold0"):
        (data / name).symlink_to(results.parent / name)
    write(tmp_path / "ldr", scenes, lambda scene, index: scene.ldr[index])
    write(tmp_path / "mine", scenes, lambda scene, index: scene.hdr)
    cell = Folder("ldr", "none", "none", 0, ["single"])
    scores = score_folder(scenes, tmp_path / "ldr", cell, [METRICS["psnr"]], Photometry(), {})
    write_table(data / "scores.csv", scores)
    (data / "provenance.json").write_text(json.dumps({"config": {"score": json.loads(Score().model_dump_json())}}))

    def call(*words: str) -> pd.DataFrame:
        monkeypatch.setattr("sys.argv", ["metahdr", "score", "--data", str(tmp_path / "results"), *words])
        main()
        return scores

    return call


def test_own_predictions_stand_beside_the_runs(call, tmp_path, capsys):
    scores = call(str(tmp_path / "mine"), "--name", "mine")
    printed = capsys.readouterr().out
    own, ldr = (
        next(line for line in printed.splitlines() if f" {name} single" in line) for name in ("mine", "ldr")
    )
    assert "100.00" in own and f"{scores.value.mean():.2f}" in ldr
    assert f"{scores.value.mean() - 100:+.2f}" in ldr and "failed: 0" in printed


def test_what_is_missing_is_counted_and_strict_refuses_it(call, tmp_path, capsys):
    next((tmp_path / "mine").iterdir()).unlink()
    with pytest.raises(SystemExit, match=r"1 prediction\(s\) failed \(1 missing\)"):
        call(str(tmp_path / "mine"), "--strict")
    assert "failed: 1" in capsys.readouterr().out


def test_a_folder_without_predictions_and_a_name_that_is_taken_are_explained(call, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(SystemExit, match=r"expected files such as .*_ev-2_single\.exr"):
        call(str(tmp_path / "empty"))
    with pytest.raises(SystemExit, match="--name ldr: the run has a method of that name"):
        call(str(tmp_path / "mine"), "--name", "ldr")
