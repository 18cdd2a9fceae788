import pytest

from metahdr.evaluation.examples import evenly


@pytest.mark.parametrize(
    ("number", "count", "indices"),
    [(9, 3, [0, 4, 8]), (10, 4, [0, 3, 6, 9]), (3, 3, [0, 1, 2]), (2, 24, [0, 1]), (1, 3, [0]), (0, 3, [])],
)
def test_examples_are_evenly_spread_with_the_first_and_the_last(number, count, indices):
    assert evenly(number, count).tolist() == indices
