import numpy as np
import pytest
from scipy import stats

from metahdr.evaluation.interval import Variance, mean_interval, p_value, with_interval


@pytest.fixture
def rng():
    return np.random.default_rng(5)


def test_with_one_repetition_it_is_the_t_interval_of_the_units_means(rng):
    means = rng.normal(0.7, 0.1, 7)
    found = mean_interval(9 * means[:, None], np.full(7, 9), 0.9)  # nine values in each unit
    expected = stats.t.interval(0.9, 6, means.mean(), stats.sem(means))
    np.testing.assert_allclose(found, [means.mean(), *expected])


def test_units_and_repetitions_both_add_their_variance(rng):
    values = rng.normal(size=(5, 3)) + rng.normal(size=(5, 1)) + rng.normal(size=(1, 3))
    units, repetitions = values.mean(1), values.mean(0)
    a, b = stats.sem(units) ** 2, stats.sem(repetitions) ** 2
    freedom = (a + b) ** 2 / (a**2 / 4 + b**2 / 2)
    expected = stats.t.interval(0.95, freedom, values.mean(), np.sqrt(a + b))
    np.testing.assert_allclose(mean_interval(values, np.ones(5), 0.95)[1:], expected)


def test_with_repetitions_that_are_alike_it_is_welchs_one_sample_case():
    """Of two samples' difference, Welch's interval: the same sum of two variances with the same freedom."""
    units, repetitions = np.array([1.0, 4.0, 2.0, 7.0]), np.array([0.5, -0.5])
    sums = units[:, None] + repetitions  # additive, so that the means are units + 0 and 3.5 + repetitions
    _, low, high = mean_interval(sums, np.ones(4), 0.95)
    expected = stats.ttest_ind(units, repetitions, equal_var=False).confidence_interval(0.95)
    assert high - low == pytest.approx(expected.high - expected.low)


def test_a_unit_weighs_as_much_as_it_has_values_by_hand():
    # units with the values 3, 5 and 1: mean 3, residuals 8 - 6 = 2 and 1 - 3 = -2, variance 2 / 1 * 8 / 9
    mean, low, high = mean_interval(np.array([[8.0], [1.0]]), np.array([2, 1]), 0.95)
    assert mean == 3
    assert high - mean == pytest.approx(stats.t.ppf(0.975, 1) * 4 / 3)
    assert mean - low == pytest.approx(high - mean)


def test_a_unit_without_values_takes_no_part(rng):
    sums = rng.normal(size=(4, 2, 3))
    found = mean_interval(np.concatenate([sums, np.zeros((2, 2, 3))]), np.array([2, 1, 3, 1, 0, 0])[:, None], 0.9)
    np.testing.assert_allclose(found, mean_interval(sums, np.array([2, 1, 3, 1])[:, None], 0.9))


def test_what_is_the_same_everywhere_has_no_width():
    np.testing.assert_allclose(mean_interval(np.full((3, 2), 4.0), np.full(3, 2), 0.95), 2)


def test_one_unit_has_no_interval_and_none_no_mean():
    mean, low, high = mean_interval(np.array([[6.0, 2.0]]), np.array([2]), 0.95)
    assert mean == 2 and np.isnan([low, high]).all()
    assert np.isnan(mean_interval(np.zeros((3, 2)), np.zeros(3), 0.95)).all()


def test_a_p_value_is_that_of_the_t_test(rng):
    values = rng.normal(0.5, 1, 9)
    p = p_value(values.mean(), Variance(np.array(stats.sem(values) ** 2), np.array(8)))
    assert p == pytest.approx(stats.ttest_1samp(values, 0).pvalue)
    nothing = Variance(np.zeros(2), np.full(2, np.nan))
    assert p_value(np.array([0.0, 0.1]), nothing).tolist() == [1, 0]


def test_a_value_is_written_with_its_interval_and_alone_where_it_has_none():
    assert with_interval(3.0, 0.516, 5.484, 2) == "+3.00 [+0.52, +5.48]"
    assert with_interval(3.0, -0.516, 5.484, 1, "") == "3.0 [-0.5, 5.5]"
    assert with_interval(-3.0, np.nan, np.nan, 2) == "-3.00"
