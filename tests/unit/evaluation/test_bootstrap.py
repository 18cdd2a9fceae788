import numpy as np
import pytest
from scipy.stats import bootstrap

from metahdr.evaluation.bootstrap import intervals


@pytest.fixture
def rng():
    return np.random.default_rng(5)


def test_intervals_over_groups_are_scipys(rng):
    values = rng.lognormal(size=20)
    expected = bootstrap((values,), np.mean, n_resamples=20000, method="percentile", rng=1).confidence_interval
    np.testing.assert_allclose(intervals(values[:, None], None, 20000, 0.95, 0), expected, rtol=0.02)


def test_groups_and_repetitions_are_resampled_crossed(rng):
    values = rng.normal(size=(6, 3, 2)) + rng.normal(size=(6, 1, 1)) + rng.normal(size=(1, 3, 1))
    draws = [values[rng.integers(6, size=6)][:, rng.integers(3, size=3)].mean((0, 1)) for _ in range(20000)]
    expected = np.quantile(draws, [0.1, 0.9], axis=0)
    found = intervals(values, None, 20000, 0.8, seed=0)
    np.testing.assert_allclose(found, expected, atol=0.03 * np.diff(expected, axis=0).max())


def test_differences_between_repetitions_alone_are_in_the_interval():
    low, high = intervals(np.array([[0.0, 1.0]] * 4), None, 1000, 0.9, seed=0)  # groups are alike, repetitions not
    assert (low, high) == (0, 1)


def test_a_group_counts_as_much_as_it_has_values():
    sums, counts = np.array([[8.0], [1.0]]), np.array([4, 1])  # means 2 and 1, of all 9 / 5
    resampled = intervals(sums, counts, 1000, 1 - 1e-9, seed=0)
    np.testing.assert_allclose(resampled, [1, 2])
    np.testing.assert_allclose(intervals(np.array([[8.0], [2.0]]), counts, 10, 0.9, seed=0), 2)


def test_every_column_and_every_call_sees_the_same_resamples(rng):
    values = rng.normal(size=(8, 3))
    both = intervals(np.stack([values, values + 1, 2 * values], axis=-1), None, 300, 0.9, seed=7)
    alone = intervals(values, None, 300, 0.9, seed=7)
    np.testing.assert_allclose(both, np.stack([alone, alone + 1, 2 * alone], axis=-1))
