import base64
import json

import imageio.v3 as iio
import numpy as np
import pytest

from metahdr.images.files import read_hdr
from metahdr.report import browser
from metahdr.report.browser import browser_data
from metahdr.report.light import STEEP, decode, encode
from metahdr.report.results import Cell, Results


def picture(address):
    """The bytes of a picture that stands inside the page."""
    return base64.b64decode(address.removeprefix("data:image/jpeg;base64,"))


def test_the_code_runs_from_black_to_the_top_and_clips_there():
    assert encode(np.array([0.0, 16.0, 99.0]), 16.0).tolist() == [0, 255, 255]
    assert decode(np.array([0, 255]), 16.0) == pytest.approx([0, 16])


def test_a_step_of_the_code_is_a_few_percent_of_the_radiance():
    radiance = np.geomspace(4 / STEEP, 64, 1000)
    np.testing.assert_allclose(decode(encode(radiance, 64.0), 64.0), radiance, rtol=0.03)


def test_every_scene_has_its_truth_and_every_reconstruction(data):
    shown = json.loads(browser_data(Results(data, 0.95)))
    results = Results(data, 0.95)
    assert [scene["name"] for scene in shown["scenes"]] == list(results.scenes)
    scene = shown["scenes"][0]
    truth = iio.imread(picture(scene["truth"]))
    expected = results.scene(scene["name"]).hdr.numpy().transpose(1, 2, 0)
    found = decode(truth, scene["top"])
    assert np.corrcoef(np.log(found + 0.01).ravel(), np.log(expected + 0.01).ravel())[0, 1] > 0.99
    assert np.median(found / np.maximum(expected, 1e-3)) == pytest.approx(1, abs=0.03)
    titles = [cell["title"] for cell in shown["cells"]]
    assert "MetaHDR, adapted" in titles and "Debevec merge" in titles and "Joint training, single shot" in titles
    for exposure in scene["exposures"]:
        assert len(exposure["pictures"]) == len(exposure["values"]) == len(titles)


def test_the_gain_of_a_scene_is_that_of_its_scores(data):
    results = Results(data, 0.95)
    (scene, *_) = json.loads(browser_data(results))["scenes"]
    rows = results.scores[(results.scores.scene == scene["name"]) & (results.scores.method == "metahdr")]
    rows = rows[(rows.metric == "pu21_psnr") & (rows.alignment == "crf")]
    means = rows.groupby("mode").value.mean()
    assert scene["gain"] == f"{means.adapted_simulated - means.single:+.2f}"


def test_a_missing_prediction_is_told_apart_from_a_black_one(make_run):
    data = make_run()
    results = Results(data, 0.95)
    name = next(iter(results.scenes))
    results.prediction_file(results.main, name, 0.0).unlink()
    shown = json.loads(browser_data(results))
    exposure = next(e for e in shown["scenes"][0]["exposures"] if e["ev"] == "+0")
    assert [picture is None for picture in exposure["pictures"]].count(True) == 1
    assert exposure["pictures"][shown["main"]] is None


def test_where_pictures_would_be_too_much_they_get_smaller(data, monkeypatch):
    results = Results(data, 0.95)
    whole = browser_data(results)
    monkeypatch.setattr(browser, "BUDGET", len(whole) // 2)
    monkeypatch.setattr(browser, "SMALLEST", 8)
    smaller = browser_data(Results(data, 0.95))
    assert len(smaller) < len(whole)
    assert iio.imread(picture(json.loads(smaller)["scenes"][0]["truth"])).shape[0] < 32


def test_the_most_important_cells_are_shown_first_where_there_are_too_many(data, monkeypatch):
    monkeypatch.setattr(browser, "CELLS", 3)
    single, adapted = (Cell("metahdr", "simulated", mode) for mode in ("single", "adapted_simulated"))
    assert set(browser.shown_cells(Results(data, 0.95))) == {single, adapted, Cell("debevec", "none", "stack")}


def test_a_prediction_is_read_from_the_fold_that_tests_its_scene(data):
    results = Results(data, 0.95)
    name = next(iter(results.scenes))
    path = results.prediction_file(Cell("joint", "simulated", "single"), name, -2.0)
    assert (
        path.relative_to(data).as_posix()
        == f"fold0/joint/simulated/seed0/predictions/{results.scene(name).chunk}/{name}_ev-2_single.exr"
    )
    assert read_hdr(path).shape == (32, 32, 3)
