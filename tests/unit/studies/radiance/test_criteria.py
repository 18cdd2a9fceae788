import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from metahdr.studies.radiance.criteria import Criterion, criteria, measured


def table(ours, theirs):
    """A value of each arm for each place, at EV 2; and others that no criterion below asks for."""
    rows = []
    for number, pair in enumerate(zip(ours, theirs, strict=True)):
        for method, value in zip(("ours", "theirs"), pair, strict=True):
            row = {"setting": "single", "scene": f"s{number}", "place": f"p{number}", "ev": 2.0, "method": method}
            row |= {"dark": number == 0, "metric": "log_rmse", "alignment": "plain", "region": "clipped"}
            rows += [row | {"value": value}, row | {"region": "all", "value": 100.0}]
            rows.append(row | {"setting": "place", "method": "else", "value": -7.0})
    return pd.DataFrame(rows)


ASKED = Criterion("less", "single", "ours", "theirs", "log_rmse", "plain", "clipped", most=0)


def test_a_difference_is_the_mean_over_places_with_the_t_interval():
    differences = np.array([-1.0, -2.0, -4.0])
    found = measured(table(differences + 5, [5.0, 5.0, 5.0]), ASKED, 0.95)
    interval = stats.ttest_1samp(differences, 0).confidence_interval(0.95)
    assert found.value == pytest.approx(differences.mean())
    assert (found.low, found.high) == pytest.approx(interval)
    assert found.count == 3 and found.met is True
    assert measured(table(differences + 5, [5.0] * 3), ASKED._replace(excludes=0), 0.95).met is False, found
    assert measured(table(differences + 5, [5.0] * 3), ASKED._replace(excludes=0), 0.6).met is True


def test_a_ratio_is_that_of_the_means_and_its_interval_that_of_cochran():
    ours, theirs = np.array([1.0, 2.0, 3.0]), np.array([2.0, 5.0, 5.0])
    found = measured(table(ours, theirs), ASKED._replace(kind="ratio", most=0.6), 0.95)
    assert found.value == pytest.approx(0.5)
    residuals = ours - 0.5 * theirs  # 0, -0.5, 0.5
    half = stats.t.ppf(0.975, 2) * math.sqrt(3 / 2 * (residuals**2).sum()) / theirs.sum()
    assert (found.low, found.high) == pytest.approx((0.5 - half, 0.5 + half))
    assert found.met is True
    assert measured(table(ours, theirs), ASKED._replace(kind="ratio", most=0.49), 0.95).met is False


def test_queries_without_a_value_are_left_out_of_both_arms():
    found = measured(table([1.0, np.nan, 3.0], [2.0, 100.0, 4.0]), ASKED, 0.95)
    assert (found.value, found.count) == (-1, 2)


def test_queries_may_be_chosen_by_ev_and_darkness():
    rows = table([1.0, 2.0], [3.0, 6.0])
    assert measured(rows, ASKED._replace(dark=True), 0.95).value == -2
    assert math.isnan(measured(rows, ASKED._replace(dark=True), 0.95).low), "one place says nothing of others"
    assert measured(rows, ASKED._replace(ev=2.0), 0.95).value == -3
    assert measured(rows, ASKED._replace(ev=0.0), 0.95).met is None


def test_what_was_not_measured_is_neither_met_nor_missed():
    assert measured(table([1.0], [2.0]), ASKED._replace(theirs="nobody"), 0.95).met is None
    assert measured(table([1.0], [2.0]), ASKED._replace(theirs="ours"), 0.95).met is None, "nothing beside itself"


def test_every_criterion_can_be_missed_and_met():
    for each in criteria("ours", "bracket", [-2.0, 0.0, 2.0]):
        assert each.least > -math.inf or each.most < math.inf
        assert each.ours != each.theirs
