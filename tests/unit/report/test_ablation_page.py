import imageio.v3 as iio
import numpy as np
import pandas as pd
import pytest

from metahdr.config.ablation import Ablation
from metahdr.config.meta import Meta
from metahdr.report.ablation import ablation_tables, forest_plot

ABLATION = Ablation(arms={"short": {"inner_steps": 1}, "maml": {}}, seeds=[0, 7])
ARMS = {"short": Meta(inner_steps=1), "maml": Meta()}


@pytest.fixture
def summary():
    """As from `compare_arms`; psnr is twenty times ssim."""
    rows = []
    for factor, metric in ((1, "ssim"), (20, "psnr")):
        for arm, mode, mean, gain, difference in (
            ("maml", "single", 0.60, 0, 0),
            ("maml", "adapted", 0.65, 0.05, 0),
            ("short", "single", 0.60, 0, 0),
            ("short", "adapted", 0.61, 0.01, -0.04),
        ):
            row = {
                "metric": metric,
                "alignment": "plain",
                "region": "all",
                "arm": arm,
                "mode": mode,
                "seed_std": 0.003 * factor,
                "count": 12,
            }
            for name, low, high, value in (
                ("mean", "low", "high", mean),
                ("gain", "gain_low", "gain_high", gain),
                ("difference", "difference_low", "difference_high", difference),
            ):
                row |= {name: factor * value, low: factor * (value - 0.01), high: factor * (value + 0.02)}
            rows.append(row)
    return pd.DataFrame(rows)


def test_the_page_has_a_row_for_every_arm_the_baseline_first(summary):
    page = ablation_tables(summary, ABLATION, ARMS, {"maml": 90.4, "short": 31.0}, 0.95)
    ssim, psnr, cost = (part.splitlines() for part in page.split("\n## ")[1:])
    assert ssim[4:] == [
        "| maml | 0.6000 | 0.6500 [0.6400, 0.6700] | +0.0500 [+0.0400, +0.0700] |  | 0.0030 |",
        "| short | 0.6000 | 0.6100 [0.6000, 0.6300] | +0.0100 [+0.0000, +0.0300] "
        "| -0.0400 [-0.0500, -0.0200] | 0.0030 |",
    ]
    assert psnr[0] == "PSNR / dB" and psnr[5].startswith("| short | 12.00 | 12.20 [12.00, 12.60] | +0.20 [")
    assert cost[4:] == ["| maml | none | 200 | 1000 | 90 |", "| short | `inner_steps: 1` | 200 | 1000 | 31 |"]
    assert "seeds 0, 7" in page and "95 %" in page and "simulated labels" in page


def test_every_table_has_as_many_cells_in_each_row(summary):
    page = ablation_tables(summary, ABLATION, ARMS, {"maml": 90.4, "short": 31.0}, 0.95)
    for part in page.split("\n## ")[1:]:
        assert len({line.count("|") for line in part.splitlines() if line.startswith("|")}) == 1


def test_the_plot_has_a_bar_left_of_the_line_where_an_arm_is_worse(summary, tmp_path):
    forest_plot(tmp_path / "ablation.png", summary, 0.95)
    worse = iio.imread(tmp_path / "ablation.png")[..., :3].astype(int)
    better = summary.assign(
        difference=-summary.difference,
        difference_low=-summary.difference_high,
        difference_high=-summary.difference_low,
    )
    forest_plot(tmp_path / "ablation.png", better, 0.95)
    better = iio.imread(tmp_path / "ablation.png")[..., :3].astype(int)
    centres = []
    for picture in (worse, better):
        blue = np.abs(picture - [31, 119, 180]).sum(-1) < 60  # C0
        assert blue.sum() > 100
        centres.append(np.argwhere(blue)[:, 1].mean())
    assert centres[0] < centres[1]


def test_a_metric_that_only_the_registry_knows_has_its_table_and_panel(summary, tmp_path):
    third = summary[summary.metric == "ssim"].assign(metric="log_rmse")
    three_metrics = pd.concat([summary, third], ignore_index=True)
    forest_plot(tmp_path / "two.png", summary, 0.95)
    forest_plot(tmp_path / "three.png", three_metrics, 0.95)
    two, three = (iio.imread(tmp_path / f"{name}.png") for name in ("two", "three"))
    assert three.shape[1] == two.shape[1] and three.shape[0] > 1.9 * two.shape[0]
    page = ablation_tables(three_metrics, ABLATION, ARMS, {"maml": 90.4, "short": 31.0}, 0.95)
    assert "\n## log RMSE / stops\n" in page and "| short | 0.600 | 0.610 [0.600, 0.630] |" in page
