import numpy as np
import pandas as pd
import pytest
import torch

from metahdr.evaluation.judge import compare, judge, typical_scenes
from metahdr.scenes import Scenes


def test_the_truth_itself_has_no_error_and_twice_the_truth_one_stop(results):
    scenes = Scenes(results, "test")
    truths = iter([scenes[i].hdr * 2.0 ** torch.tensor([-2.0, 0, 2]).view(3, 1, 1, 1) for i in range(len(scenes))])
    kept = []

    def truth(ldr):
        kept.append(next(truths))
        return kept[-1]

    rows = judge(scenes, {"truth": truth, "twice": lambda ldr: 2 * kept[-1]})
    assert len(rows) == 2 * 3 * len(scenes)
    assert rows[rows.simulator == "truth"].log_rmse_all.max() == 0
    bright = rows[(rows.simulator == "twice") & (rows.saturated > 0)]
    np.testing.assert_allclose(bright.log_rmse_saturated, 1, atol=1e-5)
    assert rows[rows.saturated == 0].log_rmse_saturated.isna().all()


@pytest.fixture
def rows():
    cells = [("a", 0.2, 1.0), ("a", 0.4, 3.0), ("b", 0.1, 5.0), ("c", 0.0, np.nan)]
    table = []
    for number, (source, saturated, error) in enumerate(cells):
        for simulator, factor in (("ours", 1.0), ("theirs", 2.0)):
            row = {"scene": f"{source}_{number}", "source": source, "ev": 2.0, "simulator": simulator}
            values = dict.fromkeys(("log_rmse_all", "pu21_psnr_saturated", "pu21_psnr_all"), 1.0)
            table.append(row | {"saturated": saturated, "log_rmse_saturated": factor * error} | values)
    return pd.DataFrame(table)


def test_differences_are_paired_and_whole_sources_are_resampled(rows):
    summary = compare(rows, "ours", 2000, 0.9, seed=0).set_index(["metric", "simulator"])
    ours, theirs = (summary.loc["log_rmse_saturated", name] for name in ("ours", "theirs"))
    assert ours["mean"] == 3 and theirs["mean"] == 6 and theirs["count"] == 3
    assert theirs.difference == 3 and ours.difference == 0
    # resampling a (two rows, mean 2) and b (one row, 5); c has none: only a or only b are the extremes
    assert theirs.difference_low == 2 and theirs.difference_high == 5
    assert (ours.difference_low, ours.difference_high) == (0, 0)


def test_the_scenes_of_a_figure_are_chosen_by_rule(rows):
    assert typical_scenes(rows, 2.0, count=3) == ["a_0", "b_2", "c_3"]
    assert typical_scenes(rows, 2.0, count=2) == ["a_0", "c_3"]
