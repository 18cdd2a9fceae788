import numpy as np
import pandas as pd
import pytest

from metahdr.studies.radiance.page import choose, criteria_table, summarise, tables


@pytest.fixture
def rows():
    """Three places with two queries each; ours is one better than HDR-CNN in every metric but error."""
    found = []
    for number in range(3):
        for ev in (0.0, 2.0):
            row = {"setting": "single", "scene": f"s{number}", "place": f"p{number}", "ev": ev, "dark": False}
            row["clipped"] = 0.5 if ev else 0.0
            for method, better in (("gamma_2", 1), ("hdrcnn", 0)):
                for metric, alignment, value in (("pu21_psnr", "crf", 30), ("cvvdp", "crf", 7)):
                    value = value + number + better + ev
                    found.append(
                        row | {"method": method, "metric": metric, "alignment": alignment, "value": value}
                    )
                    found[-1]["region"] = "all"
                number_of = {
                    "metric": "log_rmse",
                    "alignment": "plain",
                    "region": "clipped",
                    "value": 2.0 - better,
                }
                found.append(row | {"method": method} | (number_of if ev else number_of | {"value": np.nan}))
            for method, value in (("gamma_2", 0.25), ("hdrcnn", 0.0), ("truth", 0.5)):
                colour = {"metric": "saturation", "alignment": "plain", "region": "white", "value": value}
                found.append(row | {"method": method} | colour)
    return pd.DataFrame(found)


def test_the_tables_hold_the_means_of_all_arms(rows):
    text = tables(summarise(rows, "gamma_2", 0.95), 0.95)
    assert "Differences from: x^2." in text
    assert "| x^2 | 33.00 |  | 10.00 |  |  | 1.000 |" in text
    assert "| HDR-CNN | 32.00 (-1.00 [-1.00, -1.00]) |  | 9.00 (-1.00 [-1.00, -1.00]) |" in text
    assert "| truth |  |  |  |  |  |  |  | 0.50 (+0.25 [+0.25, +0.25]) |" in text
    assert "#### EV +2" in text and "| HDR-CNN | 33.00 |  | 10.00 |  |  | 2.000 |" in text
    assert "95% intervals over places" in text


def test_the_criteria_say_what_was_measured_and_what_was_not(rows):
    text = criteria_table(rows, "gamma_2", "debevec_all", 0.95)
    lines = {line.split(" | ")[0].removeprefix("| "): line for line in text.splitlines()}
    line = lines["at least 2 dB more than HDR-CNN (PU21-PSNR / dB, crf, all)"]
    assert line.endswith("| +1.000 | [+1.000, +1.000] | 6 | ≥ 2 | **no** |")
    clipped = lines["less error than hdrcnn where clipped, at EV +2 (log RMSE / stops, plain, clipped)"]
    assert clipped.endswith("| -1.000 | [-1.000, -1.000] | 3 | ≤ 0 and the interval without 0 | yes |")
    saturation = next(line for name, line in lines.items() if name.startswith("saturation of white pixels"))
    assert "| × 0.500 |" in saturation and saturation.endswith("≥ 0.5 and ≤ 2 | yes |")
    assert "not measured" in next(line for name, line in lines.items() if "calibrated on one bracket" in name)


def test_pictures_are_chosen_from_the_worst_to_the_best_where_something_is_clipped(rows):
    assert choose(rows, "gamma_2", 2) == [("s0", 2.0), ("s2", 2.0)]
    assert choose(rows, "gamma_2", 20) == [("s0", 2.0), ("s1", 2.0), ("s2", 2.0)]
