import base64
import re

import imageio.v3 as iio
import numpy as np
import pytest

from metahdr.evaluation.summary import summarise
from metahdr.images.tonemap import OPERATORS
from metahdr.report.figures.figure import sheets
from metahdr.report.figures.pictures import ERROR_STOPS, error_map
from metahdr.report.figures.plots import by_exposure
from metahdr.report.results import Column, Results
from metahdr.tables import read_table, write_table


def pictures(svg):
    return [iio.imread(base64.b64decode(data)).astype(float) for data in re.findall(r'base64,([^"]+)"', svg)]


def test_an_error_map_runs_from_infernos_black_to_its_yellow():
    truth = np.full((1, 3, 3), 0.5, np.float32)
    prediction = truth * np.float32(2.0) ** np.array([0, ERROR_STOPS, -9], np.float32)[:, None]
    black, yellow = (0, 0, 4), (252, 255, 164)  # #000004 and #fcffa4
    np.testing.assert_allclose(error_map(prediction, truth)[0], [black, yellow, yellow], atol=1)


def test_a_sheet_has_its_pictures_once_for_each_operator():
    light = np.full((16, 16, 3), 4.0, np.float32)
    exposure = np.full((16, 16, 3), 77, np.uint8)
    made = sheets(["input", "light\nfour"], [("a < b", [exposure, light]), ("", [None, light])])
    assert made.keys() == OPERATORS.keys()
    for name, operator in OPERATORS.items():
        first, *others = pictures(made[name])
        assert len(others) == 2
        assert np.abs(first - 77).max() <= 2, "8 bits are shown as they are"
        assert np.abs(others[0] - operator(light)).max() <= 2
    assert "a &lt; b" in made["gamma"] and ">four</text>" in made["gamma"]


def test_a_large_picture_is_made_small_for_the_page():
    (picture,) = pictures(sheets(["x"], [("", [np.full((512, 1024, 3), 9, np.uint8)])])["gamma"])
    assert picture.shape == (80, 160, 3)


def test_the_first_picture_is_the_median_difference_from_the_best_baseline(data, figures):
    results = Results(data, 0.95)
    column = Column("pu21_psnr", "crf")
    differences = results.values(results.main, column) - results.values(results.best(results.main, column), column)
    shown = figures["first"].numbers.iloc[0]
    middle = differences[(shown.place, shown.scene, shown.ev)]
    assert (differences < middle).sum() == (len(differences) - 1) // 2


def test_artefacts_are_where_the_papers_metrics_and_a_perceptual_one_disagree_most(make_run):
    from metahdr.report.figures.pictures import artefacts

    data = make_run()
    scores = read_table(data / "scores.csv")
    results = Results(data, 0.95)
    best = results.values(results.main, Column("psnr", "plain")).idxmax()
    mine = (scores.method == "metahdr") & (scores["mode"] == results.main.mode) & (scores.metric == "pu21_psnr")
    mine &= (scores.scene == best[1]) & (scores.ev == best[2])
    scores.loc[mine, "value"] = 1.0  # the best picture by SSIM and PSNR is the worst by the perceptual metric
    write_table(data / "scores.csv", scores)
    numbers = artefacts(Results(data, 0.95)).numbers
    assert tuple(numbers.loc[0, ["place", "scene", "ev"]]) == best
    assert numbers.disagreement[0] == numbers.disagreement.max() > 0.8


def test_the_numbers_of_the_exposures_figure_are_the_summarys(data, figures):
    results = Results(data, 0.95)
    numbers = figures["by_exposure"].numbers
    row = numbers[(numbers.method == "metahdr") & (numbers.metric == "psnr") & (numbers.ev == 2)]
    expected = results.rows["all", results.main, Column("psnr", "plain", "all", "2")]
    gains = row[row.difference == "gain"].iloc[0]
    assert [gains.value, gains.low, gains.high] == pytest.approx(
        [expected.gain, expected.gain_low, expected.gain_high]
    )


def test_a_run_without_baselines_has_a_row_of_gains_alone(make_run):
    data = make_run()
    scores = read_table(data / "scores.csv")
    scores = scores[scores.method == "metahdr"]
    write_table(data / "scores.csv", scores)
    write_table(data / "summary.csv", summarise(scores, 0.95))
    results = Results(data, 0.95)
    assert by_exposure(results).svg[""].count('id="axes_') == len(results.first_columns)


def test_gains_by_step_start_at_0(figures):
    numbers = figures["steps"].numbers
    assert (numbers[numbers.step == 0].gain == 0).all()
    assert numbers[numbers.step == 10].gain.to_numpy() == pytest.approx(1)


def test_a_dot_for_every_image(data, figures):
    images = len(Results(data, 0.95).scenes) * 3
    numbers = figures["by_scene"].numbers
    assert numbers.groupby("quantity").size().tolist() == [images, images]
    assert (numbers.groupby("quantity").value.diff().dropna() >= 0).all()
