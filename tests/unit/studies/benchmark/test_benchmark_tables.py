import base64
import re

import imageio.v3 as iio
import numpy as np
import pandas as pd
import pytest

from metahdr.report.light import TOP, decode
from metahdr.report.table import text_table
from metahdr.studies.benchmark.page import tables, write_markdown, write_page
from metahdr.studies.benchmark.scores import by_setting, choose, summarise
from metahdr.tables import read_table, write_table

KEYS = {
    "fold": 0,
    "label_source": "none",
    "seed": "none",
    "metric": "mu_psnr",
    "alignment": "plain",
    "failed": None,
}


def rows(method, mode, values, region="all", ev=0.0, **more):
    """A value for each of three places, of one scene each."""
    return [
        KEYS
        | {"method": method, "mode": mode, "value": value, "region": region, "ev": ev}
        | {"scene": f"s{index}", "source": f"s{index}", "place": f"p{index}"}
        | more
        for index, value in enumerate(values)
    ]


@pytest.fixture
def moving():
    values = {"debevec_all": (20, 21, 22), "merge_aligned": (24, 25, 29), "ahdrnet": (27, 27, 33)}
    table = [row for name, each in values.items() for row in rows(name, "stack", each)]
    table += [row for name, each in values.items() for row in rows(name, "stack", each, "moved")]
    return pd.DataFrame(
        table + rows("gamma_2", "single", (10, 10, 10)) + rows("gamma_2", "single", (9, 9, 9), "moved")
    )


def test_the_lead_is_over_the_best_trivial_method_paired_by_place(moving):
    found = summarise(moving, 0.95).set_index(["region", "method"])
    row = found.loc["all", "ahdrnet"]
    assert (row.best, row["mean"]) == ("merge_aligned", 29)
    gaps = np.array([3, 2, 4])
    assert row.lead == pytest.approx(gaps.mean())
    half = 4.302653 * gaps.std(ddof=1) / 3**0.5  # Student's t for two degrees of freedom
    assert (row.lead_low, row.lead_high) == pytest.approx((3 - half, 3 + half))


def test_a_still_bracket_counts_once_and_metahdr_as_the_mean_of_its_seeds(moving):
    still = [row for ev in (-2.0, 0.0, 2.0) for row in rows("debevec_all", "stack", (30, 30, 30), ev=ev)]
    for seed, values in (("0", (10, 10, 10)), ("1", (14, 14, 14))):
        still += rows("metahdr", "adapted_simulated", values, label_source="simulated", seed=seed)
        still += rows("metahdr", "adapted_true", values, label_source="true", seed=seed)
    found = by_setting(pd.DataFrame(still + rows("gamma_2", "single", (9, 9, 9))), moving)
    assert len(found["still"]) == 3 and set(found["still"].method) == {"debevec_all"}
    ours = found["single"][found["single"].method == "metahdr"]
    assert ours.value.tolist() == [12, 12, 12] and set(ours["mode"]) == {"adapted_simulated"}


def test_a_lead_whose_interval_excludes_0_is_bold_and_a_trivial_method_has_none(moving):
    cards = [text_table("What each method takes", ["s", "GB"], [("Wu, U-Net", ["2.1", "0.9"])])]
    text = write_markdown(tables(summarise(moving, 0.95).assign(setting="moving")), cards, 0.95)
    assert "## A moving bracket" in text and "| μ-law PSNR / dB, moved |" in text
    (line,) = (line for line in text.splitlines() if line.startswith("| AHDRNet"))
    assert "29.00 (**+3.00 [+0.52, +5.48]**)" in line
    (line,) = (line for line in text.splitlines() if line.startswith("| Debevec merge, aligned |"))
    assert line == "| Debevec merge, aligned | 26.00 | 26.00 |"
    assert "## What each method takes" in text and "| Wu, U-Net | 2.1 | 0.9 |" in text


def test_the_tables_are_read_again_from_their_file(moving, tmp_path):
    parts = [summarise(moving, 0.95).assign(setting=name) for name in ("single", "still", "moving")]
    write_table(tmp_path / "summary.csv", pd.concat(parts), "%.6g")
    found = tables(read_table(tmp_path / "summary.csv"))
    assert [each.title for each in found] == ["One exposure", "A still bracket", "A moving bracket"]
    assert found[2].groups == tables(parts[2])[0].groups


def test_scenes_are_shown_from_the_worst_ghost_to_the_least(moving):
    assert choose(moving, 2) == ["s0", "s2"]


def test_the_page_has_every_table_and_every_picture_as_log_light(moving):
    light = np.full((8, 8, 3), 3, np.float32)
    rows = [("s0", [("middle exposure", light), ("truth", light)])]
    trained = text_table("Trainings", ["steps"], [("AHDRNet", ["1,800"])])
    page = write_page(
        tables(summarise(moving, 0.95).assign(setting="moving")), [rows], [trained], 0.95, {"commit": "c0de"}
    )
    assert page.count('<tr><th scope="row">') == 4 + 1 + 1 + 1  # methods, best trivial ones, a scene, a training
    assert '<a href="#card1">Trainings</a>' in page and "<td>1,800</td>" in page
    assert '<small class="up">+3.00 [+0.52, +5.48]</small>' in page and "commit c0de" in page
    sources = re.findall('src="data:image/jpeg;base64,([^"]+)"', page)
    assert len(sources) == 2
    codes = iio.imread(base64.b64decode(sources[0]))
    np.testing.assert_allclose(decode(codes, TOP), light, rtol=0.03)
