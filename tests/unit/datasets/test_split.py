from collections import Counter

import pandas as pd
import pytest

from metahdr.datasets.split import scenes_table, split_sources
from metahdr.errors import UserError

SHARES = {"train": 0.7, "validation": 0.2, "test": 0.1}
SOURCES = [f"source_{number:02}" for number in range(17)]


def test_17_sources_are_cut_into_12_3_and_2():
    split = split_sources(SOURCES, SHARES, seed=0)
    assert Counter(split.values()) == {"train": 12, "validation": 3, "test": 2}
    assert sorted(split) == SOURCES


def test_the_order_in_which_sources_are_listed_does_not_matter():
    assert split_sources(SOURCES[::-1], SHARES, seed=0) == split_sources(SOURCES, SHARES, seed=0)


def test_another_seed_makes_another_split():
    assert len({tuple(split_sources(SOURCES, SHARES, seed)[s] for s in SOURCES) for seed in range(5)}) == 5


@pytest.mark.parametrize("seed", range(10))
def test_a_new_source_moves_few_others(seed):
    before = split_sources(SOURCES, SHARES, seed)
    after = split_sources([*SOURCES, "a new one"], SHARES, seed)
    assert sum(before[source] != after[source] for source in SOURCES) <= 2  # at most one across each of two cuts


def test_small_datasets_still_get_a_validation_and_a_test_source():
    assert Counter(split_sources(["a", "b", "c"], SHARES, 0).values()) == {"train": 1, "validation": 1, "test": 1}


def test_a_share_of_zero_leaves_a_split_out():
    split = split_sources(SOURCES, {"train": 0.8, "validation": 0.2, "test": 0.0}, 0)
    assert set(split.values()) == {"train", "validation"}


def test_a_fixed_source_is_where_it_was_put_and_counts_towards_the_shares():
    names = [f"source {i}" for i in range(20)]
    free = split_sources(names, SHARES, seed=0)
    moved = next(name for name, part in free.items() if part == "train")
    fixed = split_sources(names, SHARES, seed=0, fixed={moved: "test", "elsewhere": "test"})
    assert fixed[moved] == "test"
    assert sorted(fixed.values()) == sorted(free.values()) and fixed.keys() == free.keys()
    everything = split_sources(names, {"train": 1.0, "validation": 0.0, "test": 0.0}, 0, {names[3]: "test"})
    assert [name for name, part in everything.items() if part == "test"] == [names[3]]


def test_two_sources_are_too_few():
    with pytest.raises(UserError, match=r"2 usable source\(s\) are too few"):
        split_sources(["a", "b"], SHARES, 0)


def test_all_views_of_a_source_are_on_one_side_and_dropped_views_on_none():
    kept = [True, True, True, False]
    tables = [
        pd.DataFrame({"scene": [f"{source}_{view}" for view in range(4)], "source": source, "kept": kept})
        for source in SOURCES
    ]
    tables.append(pd.DataFrame({"scene": ["bad"], "source": "bad", "kept": [False]}))
    table = scenes_table(tables, SHARES, 0)
    assert len(table) == 4 * 17 + 1
    assert (table[table.kept].groupby("source").split.nunique() == 1).all()
    assert set(table.split[table.kept]) == {"train", "validation", "test"}
    assert table.split[~table.kept].isna().all()


def test_a_split_may_be_fixed_for_every_source_or_for_all_training_sources():
    official = {"a": "train", "b": "validation", "c": "test"}
    assert split_sources(["a", "b", "c"], SHARES, 0, official) == official
    split = split_sources(["a", "b", "c"], SHARES, 0, {"a": "train"})
    assert split["a"] == "train" and {split["b"], split["c"]} == {"validation", "test"}
    with pytest.raises(UserError, match="too few"):
        split_sources(["a", "b", "c"], SHARES, 0, {"a": "test", "b": "validation", "c": "test"})
