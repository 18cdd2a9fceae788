import imageio.v3 as iio
import numpy as np
import pandas as pd
import pytest

from metahdr.config.meta import Meta
from metahdr.report.variants import forest_plot, variants_page

META = Meta.model_validate({"variants": {"short": {"meta": {"inner_steps": 1, "tasks": 3}}}})
SECONDS = {"metahdr": 90.4, "short": 31.0}


@pytest.fixture
def summary():
    """As from `compare_variants`; psnr is twenty times ssim."""
    rows = []
    for factor, metric in ((1, "ssim"), (20, "psnr")):
        for variant, mode, mean, gain, difference in (
            ("metahdr", "single", 0.60, 0, 0),
            ("metahdr", "adapted_true", 0.75, 0.15, 0),
            ("metahdr", "adapted_simulated", 0.65, 0.05, 0),
            ("short", "single", 0.60, 0, 0),
            ("short", "adapted_true", 0.85, 0.25, 0.1),
            ("short", "adapted_simulated", 0.61, 0.01, -0.04),
        ):
            row = {
                "table": "all",
                "metric": metric,
                "alignment": "plain",
                "region": "all",
                "method": variant,
                "label_source": "simulated",
                "mode": mode,
                "seed_std": 0.003 * factor,
                "count": 12,
                "failed": 0,
            }
            for name, low, high, value in (
                ("mean", "low", "high", mean),
                ("gain", "gain_low", "gain_high", gain),
                ("difference", "difference_low", "difference_high", difference),
            ):
                row |= {name: factor * value, low: factor * (value - 0.01), high: factor * (value + 0.02)}
            rows.append(row)
    return pd.DataFrame(rows)


def test_the_page_has_a_row_for_every_variant_section_meta_as_it_is_first(summary):
    page = variants_page(summary, META, SECONDS, 0.95)
    ssim, psnr, cost = (part.splitlines() for part in page.split("\n## ")[1:])
    assert ssim[4:] == [
        "| metahdr | simulated labels | 0.6000 | 0.6500 [0.6400, 0.6700] | +0.0500 [+0.0400, +0.0700] |  "
        "| 0.0030 |",
        "| short | simulated labels | 0.6000 | 0.6100 [0.6000, 0.6300] | +0.0100 [+0.0000, +0.0300] "
        "| −0.0400 [−0.0500, −0.0200] | 0.0030 |",
    ]
    assert psnr[0] == "PSNR / dB"
    assert psnr[5].startswith("| short | simulated labels | 12.00 | 12.20 [12.00, 12.60] | +0.20 [")
    assert cost[4:] == [
        "| metahdr | none | 200 | 1000 | 90 |",
        "| short | `inner_steps: 1`, `tasks: 3` | 200 | 600 | 31 |",
    ]
    assert "at most 12" in page and "95 %" in page


def test_every_table_has_as_many_cells_in_each_row(summary):
    page = variants_page(summary.assign(seed_std=np.nan), META, SECONDS, 0.95)
    for part in page.split("\n## ")[1:]:
        assert len({line.count("|") for line in part.splitlines() if line.startswith("|")}) == 1


def test_what_was_trained_with_some_seeds_alone_has_a_table_of_its_own_and_failures_are_named(summary):
    part = summary.assign(table="fold0_seed0", failed=summary.method.map({"metahdr": 0, "short": 2}))
    page = variants_page(pd.concat([summary, part], ignore_index=True), META, SECONDS, 0.95)
    titles = [part.splitlines()[0] for part in page.split("\n## ")[1:]]
    assert titles == ["SSIM", "PSNR / dB", "SSIM: fold0, seed0", "PSNR / dB: fold0, seed0", "Settings and cost"]
    assert page.count("| short (2 failed) |") == 2 and page.count("| short | simulated labels |") == 2


def test_the_plot_has_a_bar_left_of_the_line_where_a_variant_is_worse(summary, tmp_path):
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
    page = variants_page(three_metrics, META, SECONDS, 0.95)
    assert "\n## log RMSE / stops\n" in page
    assert "| short | simulated labels | 0.600 | 0.610 [0.600, 0.630] |" in page
