"""The split into training, validation and test scenes, by place: what is seen in one is not in the others."""

import logging

import pandas as pd

from metahdr.config.split import Split, fold_count
from metahdr.errors import UserError
from metahdr.scenes.duplicates import MOST_BITS, groups
from metahdr.seeds import named_rng

log = logging.getLogger(__name__)
_FIRST = ("test", "validation", "train", None)  # whose split joined places take: what was to test never trains


def split_places(places: list[str], settings: Split, seed: int, fold: int = 0) -> dict[str, str]:
    """The split of each place in one fold.

    Every place draws a number from the seed and its own name, so that a new place moves few others. The places
    stand in a circle, in the order of these numbers. In fold 0 the first are for validation, the next for test,
    the rest for training. Validation and test get their share of the number of places, rounded, at least one if
    the share is above 0. The test places of fold 1 follow those of fold 0, and so on; a fold validates with the
    places just before those that it tests. Together the further folds test all places that fold 0 does not, in
    equal parts, so that every place is tested in one fold.

    Args:
        places: names.
        settings: shares; places that are fixed, which are in the same split in every fold and count towards the
            shares.
        seed: the configuration's.
        fold: below `fold_count(settings.shares)`.

    Raises:
        UserError: too few places for three splits that are not empty, or for as many folds.
    """
    fixed = {place: part for place, part in settings.fixed.items() if place in places}
    order = sorted(places, key=lambda place: (named_rng(seed, "split", place).random(), place))
    order = [place for place in order if place not in fixed]
    validation, test = (_free(part, len(places), settings.shares, fixed) for part in ("validation", "test"))
    if fold:
        others, folds = max(len(order) - test, 0), fold_count(settings.shares) - 1
        begin, end = (test + round(number * others / folds) for number in (fold - 1, fold))
        if not test or begin == end:
            raise UserError(
                f"{len(order)} usable place(s) that split.fixed leaves free are too few for {folds + 1} folds; "
                "give split.folds: [0], or a larger share of test"
            )
        order, test = order[begin:] + order[:begin], end - begin
    rest = len(order) - validation - test
    if rest < 0 or (rest == 0 and settings.shares["train"] and "train" not in fixed.values()):
        raise UserError(f"{len(places)} usable place(s) are too few for training, validation and test scenes")
    parts = ["validation"] * validation + ["test"] * test + ["train"] * rest
    return fixed | dict(zip(order, parts, strict=True))


def _free(part: str, count: int, shares: dict[str, float], fixed: dict[str, str]) -> int:
    """How many places a split gets beside the fixed ones."""
    wanted = max(round(shares[part] * count), 1) if shares[part] else 0
    return max(wanted - list(fixed.values()).count(part), 0)


def scenes_table(
    tables: list[pd.DataFrame], places: dict[str, str], settings: Split, seed: int, fold: int = 0
) -> pd.DataFrame:
    """All scenes of all sources, one row each, with their place and their split; dropped scenes have no split.

    Places that share near-duplicate scenes become one, and the notes say so. It has the name of the first that
    `split.fixed` puts into test, else into validation, else into training, else of the first.

    Args:
        tables: of the sources.
        places: of each source, by its name.
        settings, seed, fold: see `split_places`.
    """
    scenes = pd.concat(tables, ignore_index=True)
    scenes.insert(2, "place", scenes.source.map(places))
    if settings.join_duplicates:
        scenes = _join_duplicates(scenes, settings.fixed)
    split = split_places(sorted(set(scenes.place[scenes.kept])), settings, seed, fold)
    scenes.insert(3, "split", scenes.place.map(split).where(scenes.kept))
    return scenes.sort_values("source", kind="stable", ignore_index=True)  # a source's scenes keep their order


def _join_duplicates(scenes: pd.DataFrame, fixed: dict[str, str]) -> pd.DataFrame:
    """The table with one place for all that show near-duplicate scenes."""
    kept = scenes[scenes.kept.astype(bool)]
    hashes = kept.groupby("place").perceptual_hash.agg(lambda column: column.dropna().tolist()).to_dict()
    for joined in groups(hashes, MOST_BITS):
        if len(joined) > 1:
            name = min(joined, key=lambda place: (_FIRST.index(fixed.get(place)), place))
            log.warning("near-duplicates: the places %s count as one, %s", ", ".join(sorted(joined)), name)
            rows = scenes.place.isin(joined)
            note = "near-duplicate of " + " ".join(sorted(joined))
            scenes.loc[rows, "notes"] = [
                "; ".join(filter(None, [old, note])) for old in scenes.loc[rows, "notes"].fillna("")
            ]
            scenes.loc[rows, "place"] = name
    return scenes
