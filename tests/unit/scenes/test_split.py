from collections import Counter

import pandas as pd
import pytest

from metahdr.config.split import Split, fold_count
from metahdr.datasets.register import read_register
from metahdr.errors import UserError
from metahdr.scenes.split import scenes_table, split_places

PAPERS = Split(shares={"train": 0.7, "validation": 0.2, "test": 0.1})
PLACES = [f"place_{number:02}" for number in range(17)]


def shares(train: float, validation: float, test: float, **more) -> Split:
    return Split(shares={"train": train, "validation": validation, "test": test}, **more)


def in_test(split: dict[str, str]) -> list[str]:
    return [place for place, part in split.items() if part == "test"]


def test_17_places_are_cut_into_12_3_and_2():
    split = split_places(PLACES, PAPERS, seed=0)
    assert Counter(split.values()) == {"train": 12, "validation": 3, "test": 2}
    assert sorted(split) == PLACES


def test_the_order_in_which_places_are_listed_does_not_matter():
    assert split_places(PLACES[::-1], PAPERS, seed=0) == split_places(PLACES, PAPERS, seed=0)


def test_another_seed_makes_another_split():
    assert len({tuple(split_places(PLACES, PAPERS, seed)[s] for s in PLACES) for seed in range(5)}) == 5


@pytest.mark.parametrize("seed", range(10))
def test_a_new_place_moves_few_others(seed):
    before = split_places(PLACES, PAPERS, seed)
    after = split_places([*PLACES, "a new one"], PAPERS, seed)
    assert sum(before[place] != after[place] for place in PLACES) <= 2  # at most one across each of two cuts


def test_small_datasets_still_get_a_validation_and_a_test_place():
    assert Counter(split_places(["a", "b", "c"], PAPERS, 0).values()) == {"train": 1, "validation": 1, "test": 1}


def test_a_share_of_zero_leaves_a_split_out():
    split = split_places(PLACES, shares(0.8, 0.2, 0.0), 0)
    assert set(split.values()) == {"train", "validation"}


def test_a_fixed_place_is_where_it_was_put_and_counts_towards_the_shares():
    names = [f"place {i}" for i in range(20)]
    free = split_places(names, PAPERS, seed=0)
    moved = next(name for name, part in free.items() if part == "train")
    fixed = split_places(names, shares(0.7, 0.2, 0.1, fixed={moved: "test", "elsewhere": "test"}), seed=0)
    assert fixed[moved] == "test"
    assert sorted(fixed.values()) == sorted(free.values()) and fixed.keys() == free.keys()
    everything = split_places(names, shares(1.0, 0.0, 0.0, fixed={names[3]: "test"}), 0)
    assert in_test(everything) == [names[3]]


def test_two_places_are_too_few():
    with pytest.raises(UserError, match=r"2 usable place\(s\) are too few"):
        split_places(["a", "b"], PAPERS, 0)


def test_a_split_may_be_fixed_for_every_place_or_for_all_training_places():
    official = {"a": "train", "b": "validation", "c": "test"}

    def split(fixed):
        return split_places(["a", "b", "c"], shares(0.7, 0.2, 0.1, fixed=fixed), 0)

    assert split(official) == official
    assert split({"a": "train"})["a"] == "train"
    assert {split({"a": "train"})[place] for place in "bc"} == {"validation", "test"}
    with pytest.raises(UserError, match="too few"):
        split({"a": "test", "b": "validation", "c": "test"})


@pytest.mark.parametrize("count", [5, 16, 17, 23, 50])
@pytest.mark.parametrize("test", [0.1, 0.2, 0.25, 0.3, 0.5])
def test_every_place_is_a_test_place_in_exactly_one_fold(count, test):
    places, settings = [f"place {number}" for number in range(count)], shares(0.8 - test, 0.2, test)
    if count < fold_count(settings.shares):
        pytest.skip("more folds than places")
    for seed in range(5):
        folds = [split_places(places, settings, seed, fold) for fold in range(fold_count(settings.shares))]
        assert Counter(place for split in folds for place in in_test(split)) == dict.fromkeys(places, 1)
        sizes = [Counter(split.values()) for split in folds]
        assert len({size["validation"] for size in sizes}) == 1 and min(size["train"] for size in sizes) > 0
        assert folds[0] == split_places(places, settings, seed)


def test_a_fold_validates_with_the_places_that_come_just_before_its_test_places():
    places, settings = [f"place {number}" for number in range(16)], shares(0.55, 0.2, 0.25)
    folds = [split_places(places, settings, 3, fold) for fold in range(4)]
    circle = [place for place, part in folds[0].items() if part == "validation"]
    circle += [place for split in folds for place in in_test(split) if place not in circle]
    for number, split in enumerate(folds):
        begin = 4 * number  # worked by hand: 3 places validate, 4 test
        around = circle[begin:] + circle[:begin]
        assert {place for place, part in split.items() if part == "validation"} == set(around[:3])
        assert set(in_test(split)) == set(around[3:7])


def test_a_fixed_place_stays_where_it_is_in_every_fold():
    settings = shares(0.55, 0.2, 0.25, fixed={"place_03": "test", "place_05": "train"})
    folds = [split_places(PLACES, settings, 0, fold) for fold in range(4)]
    assert all(split["place_03"] == "test" and split["place_05"] == "train" for split in folds)
    free = [place for place in PLACES if place not in settings.fixed]
    counted = Counter(place for split in folds for place in in_test(split) if place in free)
    assert counted == dict.fromkeys(free, 1)


def test_more_folds_than_there_is_room_for_are_refused():
    with pytest.raises(UserError, match=r"5 usable place\(s\).* too few for 10 folds; give split.folds: \[0\]"):
        split_places(PLACES[:5], PAPERS, 0, fold=1)
    fixed = shares(0.75, 0.0, 0.25, fixed=dict.fromkeys(PLACES[:4], "test"))
    with pytest.raises(UserError, match="too few for 4 folds"):
        split_places(PLACES, fixed, 0, fold=1)


@pytest.mark.parametrize("fold", range(4))
@pytest.mark.parametrize("seed", range(5))
def test_all_views_of_all_sources_of_a_place_are_on_one_side_and_dropped_views_on_none(seed, fold):
    kept = [True, True, True, False]
    places = {
        f"source_{number:02}": f"place_{number // 2}" for number in range(17)
    }  # two sources each, and one alone
    tables = [
        pd.DataFrame({"scene": [f"{source}_{view}" for view in range(4)], "source": source, "kept": kept})
        for source in places
    ]
    tables.append(pd.DataFrame({"scene": ["bad"], "source": "bad", "kept": [False]}))
    tables = [table.assign(perceptual_hash="", notes="") for table in tables]
    table = scenes_table(tables, places | {"bad": "bad"}, Split(), seed, fold)
    assert len(table) == 4 * 17 + 1
    assert list(table.columns[:4]) == ["scene", "source", "place", "split"]
    assert table.place[table.source == "source_07"].unique().tolist() == ["place_3"]
    assert (table[table.kept].groupby("place").split.nunique() == 1).all()
    assert set(table.split[table.kept]) == {"train", "validation", "test"}
    assert table.split[~table.kept].isna().all()


def test_all_places_may_be_test_places_where_nothing_is_trained():
    settings = Split(shares={"train": 0.0, "validation": 0.0, "test": 1.0})
    assert set(split_places(["a", "b", "c"], settings, seed=0).values()) == {"test"}


HASHES = {"a": "0" * 36, "b": "0" * 35 + "1", "c": "5" * 36, "d": "a5" * 18, "e": "3c" * 18}


def tables(**reasons: str) -> list[pd.DataFrame]:
    """A scene of each source; a and b are near-duplicates."""
    rows = [
        {"scene": name, "source": name, "kept": name not in reasons, "perceptual_hash": code, "notes": ""}
        for name, code in HASHES.items()
    ]
    return [pd.DataFrame([row]) for row in rows]


@pytest.mark.parametrize("seed", range(5))
def test_near_duplicates_are_one_place_and_never_in_two_splits(seed):
    places = {name: name for name in HASHES}
    scenes = scenes_table(tables(), places, PAPERS, seed).set_index("source")
    assert scenes.place["a"] == scenes.place["b"] == "a"
    assert scenes.split["a"] == scenes.split["b"]
    assert scenes.notes["b"] == "near-duplicate of a b"
    assert scenes.place[list("cde")].tolist() == list("cde")
    apart = shares(0.6, 0.2, 0.2, join_duplicates=False)
    assert scenes_table(tables(), places, apart, seed).place.tolist() == list(HASHES)


def test_a_dropped_scene_joins_nothing():
    scenes = scenes_table(tables(b="too dark"), {name: name for name in HASHES}, PAPERS, 0)
    assert scenes.place.tolist() == list(HASHES)


def test_a_fixed_test_place_stays_one_whatever_resembles_it():
    fixed = shares(1.0, 0.0, 0.0, fixed={"b": "test", "c": "validation"})
    scenes = scenes_table(tables(), {name: name for name in HASHES}, fixed, 0).set_index("source")
    assert scenes.split.to_dict() == {"a": "test", "b": "test", "c": "validation", "d": "train", "e": "train"}


def test_the_papers_split_is_that_of_the_authors_code(repository):
    import random

    import yaml

    order = list(range(450))
    random.seed(123)
    random.shuffle(order)
    numbers = {"train": order[:315], "validation": order[315:405], "test": order[405:]}
    published = [1, 4, 11, 20, 23, 27, 36, 45, 48, 53, 56, 65, 70, 73, 82, 84, 126, 137, 138, 150, 162, 171, 173]
    published += [175, 194, 195, 209, 221, 224, 230, 275, 288, 294, 306, 342, 360, 375, 394, 397, 405, 430, 438]
    published += [439, 448, 450]
    assert sorted(number + 1 for number in numbers["test"]) == published
    settings = yaml.safe_load((repository / "config" / "paper.yaml").read_text(encoding="utf-8"))["split"]
    names = [f"HDR_{number:03}" for number in range(1, 451) if number % 7]  # some were withdrawn
    dataset = read_register(repository / "config" / "datasets.yaml")["ldr-hdr-pair"]
    split = split_places(names, dataset.split(Split.model_validate(settings)), seed=5)
    for part, members in numbers.items():
        expected = {f"HDR_{number + 1:03}" for number in members} & set(names)
        assert {name for name, found in split.items() if found == part} == expected
