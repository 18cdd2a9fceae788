import pytest

from metahdr.datasets.ev_names import evs_of


@pytest.mark.parametrize(
    ("names", "evs"),
    [
        (["IMG_EV-2", "IMG_EV0", "IMG_EV+2"], [-2, 0, 2]),
        (["EV_-1.7", "EV_0", "EV_1.7"], [-1.7, 0, 1.7]),
        (["garden_-2EV", "garden_0EV", "garden_+2EV"], [-2, 0, 2]),
        (["a_EV-1,3", "a_EV+1,3"], [-1.3, 1.3]),
        (["a_-1p7EV", "a_0EV", "a_1p7EV"], [-1.7, 0, 1.7]),
        (["1_EV-2", "2_EV0", "3_EV+2"], [-2, 0, 2]),  # a number of the file before it
        (["1_EV-2", "2_EV-1"], [-2, -1]),
        (["-2EV_1", "0EV_2", "+2EV_3"], [-2, 0, 2]),  # and after it
        (["t92_0EV_true", "t92_-1EV_true"], [0, -1]),
    ],
)
def test_a_name_tells_its_ev(names, evs):
    assert evs_of(names) == evs


@pytest.mark.parametrize(
    "names",
    [
        ["EV12", "EV10", "EV8"],  # light values: the first is the darkest
        ["EV1", "EV2", "EV3"],  # a count
        ["a_EV-1_3", "a_EV+1_3"],  # a third, three tenths, or the third file
        ["1_EV_2", "2_EV_3"],
        ["EV-2", "EV-2"],
        ["EV-2", "IMG_2"],
        ["EVENT-2", "EVENT0"],
        ["-2EV_+1EV", "0EV"],
    ],
)
def test_what_may_mean_something_else_is_no_ev(names):
    assert evs_of(names) is None
