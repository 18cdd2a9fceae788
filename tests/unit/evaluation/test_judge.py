import numpy as np
import pandas as pd
import pytest

from metahdr.evaluation.judge import compare_methods, judge, typical_scenes
from metahdr.methods.ldr import Untouched
from metahdr.scenes import Scenes


class Truth(Untouched):
    """Answers with the truth times a factor, scene after scene."""

    def __init__(self, name, scenes, factor):
        self.name, self.factor = name, factor
        self.truths = iter([scenes[i].hdr for i in range(len(scenes))])

    def reconstruct(self, exposures, stops):
        return self.factor * next(self.truths).expand(len(exposures), -1, -1, -1)


def test_the_truth_itself_has_no_error_and_twice_the_truth_one_stop(results):
    scenes = Scenes(results, "test")
    rows = judge(scenes, [Truth("truth", scenes, 1), Truth("twice", scenes, 2)])
    assert len(rows) == 2 * 3 * len(scenes) * 4
    values = rows.set_index(["metric", "method"]).sort_index()
    assert values.loc[("log_rmse", "truth"), "value"].max() == 0
    twice = values.loc[("log_rmse_clipped", "twice")]
    np.testing.assert_allclose(twice.value[twice.clipped > 0], 1, atol=1e-5)
    assert (twice.clipped > 0).any() and twice.value[twice.clipped == 0].isna().all()


@pytest.fixture
def rows():
    cells = [("a", 0.2, 1.0), ("a", 0.4, 3.0), ("b", 0.1, 5.0), ("c", 0.0, np.nan)]
    table = []
    for number, (source, clipped, error) in enumerate(cells):
        for method, factor in (("ours", 1.0), ("theirs", 2.0)):
            row = {"scene": f"{source}_{number}", "source": source, "ev": 2.0, "method": method}
            values = dict.fromkeys(("log_rmse", "pu21_psnr_clipped", "pu21_psnr"), 1.0)
            for metric, value in {"log_rmse_clipped": factor * error, **values}.items():
                table.append(row | {"clipped": clipped, "metric": metric, "value": value})
    return pd.DataFrame(table)


def test_differences_are_paired_and_whole_sources_are_resampled(rows):
    summary = compare_methods(rows, "ours", 2000, 0.9, seed=0).set_index(["metric", "method"])
    ours, theirs = (summary.loc["log_rmse_clipped", name] for name in ("ours", "theirs"))
    assert ours["mean"] == 3 and theirs["mean"] == 6 and theirs["count"] == 3
    assert theirs.difference == 3 and ours.difference == 0
    # resampling a (two rows, mean 2) and b (one row, 5); c has none: only a or only b are the extremes
    assert theirs.difference_low == 2 and theirs.difference_high == 5
    assert (ours.difference_low, ours.difference_high) == (0, 0)


def test_the_scenes_of_a_figure_are_chosen_by_rule(rows):
    assert typical_scenes(rows, 2.0, count=3) == ["a_0", "b_2", "c_3"]
    assert typical_scenes(rows, 2.0, count=2) == ["a_0", "c_3"]
