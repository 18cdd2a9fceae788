import numpy as np
import pandas as pd
import pytest
from scipy import stats

from metahdr.config.photometry import Photometry
from metahdr.evaluation.comparison import compare
from metahdr.methods.ldr import Untouched
from metahdr.scenes.scene import Scenes
from metahdr.studies.labels.judge import judge, typical_scenes


class Truth(Untouched):
    """Answers with the truth times a factor, scene after scene."""

    def __init__(self, name, scenes, factor):
        self.name, self.factor = name, factor
        self.truths = iter([scenes[i].hdr for i in range(len(scenes))])

    def reconstruct(self, exposures, stops):
        return self.factor * next(self.truths).expand(len(exposures), -1, -1, -1)


def test_the_truth_itself_has_no_error_and_twice_the_truth_one_stop(results):
    scenes = Scenes(results, "test")
    rows = judge(scenes, [Truth("truth", scenes, 1), Truth("twice", scenes, 2)], Photometry())
    assert len(rows) == 2 * 3 * len(scenes) * 4
    values = rows.set_index(["metric", "region", "method"]).sort_index()
    assert values.loc[("log_rmse", "all", "truth"), "value"].max() == 0
    twice = values.loc[("log_rmse", "clipped", "twice")]
    np.testing.assert_allclose(twice.value[twice.clipped > 0], 1, atol=1e-5)
    assert (twice.clipped > 0).any() and twice.value[twice.clipped == 0].isna().all()


@pytest.fixture
def rows():
    cells = [("a", 0.2, 1.0), ("a", 0.4, 3.0), ("b", 0.1, 5.0), ("c", 0.0, np.nan)]
    table = []
    for number, (source, clipped, error) in enumerate(cells):
        for method, factor in (("ours", 1.0), ("theirs", 2.0)):
            row = {"scene": f"{source}_{number}", "source": source, "place": source, "ev": 2.0, "method": method}
            for region, value in {"all": 1.0, "clipped": factor * error}.items():
                table.append(row | {"clipped": clipped, "metric": "log_rmse", "region": region, "value": value})
    return pd.DataFrame(table)


def test_differences_are_paired_and_intervals_are_over_places(rows):
    summary = compare(rows, ["method"], {"difference": {"method": "ours"}}, 0.9)
    summary = summary.set_index(["metric", "region", "method"])
    ours, theirs = (summary.loc["log_rmse", "clipped", name] for name in ("ours", "theirs"))
    assert ours["mean"] == 3 and theirs["mean"] == 6 and theirs["count"] == 3
    assert theirs.difference == 3 and ours.difference == 0
    # the differences 1 and 3 of a, 5 of b, none of c: residuals -2 and 2, variance 2 / 1 * 8 / 9
    half = stats.t.ppf(0.95, 1) * 4 / 3
    assert (theirs.difference_low, theirs.difference_high) == pytest.approx((3 - half, 3 + half))
    assert (ours.difference_low, ours.difference_high) == (0, 0)


def test_the_scenes_of_a_figure_are_chosen_by_rule(rows):
    assert typical_scenes(rows, 2.0, count=3) == ["a_0", "b_2", "c_3"]
    assert typical_scenes(rows, 2.0, count=2) == ["a_0", "c_3"]
