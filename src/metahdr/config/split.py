"""Section `split`."""

import math
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from metahdr.config.base import Folds, Fraction, Section, without_nulls

Part = Literal["train", "validation", "test"]


def _sums_to_one(shares: dict[str, float]) -> dict[str, float]:
    if not math.isclose(sum(shares.values()), 1.0, abs_tol=1e-6):
        raise ValueError("the three shares must add up to 1")
    return shares


def fold_count(shares: dict[str, float]) -> int:
    """The number of folds in which every place is a test place once."""
    return max(round(1 / shares["test"]), 1) if shares["test"] else 1


class Split(Section):
    """Shares of the places; all views of all panoramas or photographs of one place stay together."""

    shares: Annotated[dict[Part, Fraction], AfterValidator(_sums_to_one)] = Field(
        {"train": 0.55, "validation": 0.2, "test": 0.25}, min_length=3
    )
    """shares of train, validation and test; they add up to 1"""

    folds: Folds = [0]
    """folds that are run, each with other test places; there are 1 / (share of test) folds, from 0 on, and over
    all of them every place is a test place once"""

    named: str | None = None
    """name of a split that the dataset's entry in the register has for some of its places"""

    fixed: Annotated[dict[str, Part | None], AfterValidator(without_nulls)] = {}
    """split of single places by name, such as {courtyard: test}; it comes before that of the named split, and
    both count towards the shares; null takes a place away that another file fixed"""

    join_duplicates: bool = True
    """whether places with near-duplicate scenes count as one place, so that they are never in two splits
    (docs/repair.md)"""

    @field_validator("folds")
    @classmethod
    def _are_there(cls, folds: list[int], info: ValidationInfo) -> list[int]:
        count = fold_count(info.data["shares"]) if "shares" in info.data else math.inf
        if max(folds) >= count:
            raise ValueError(f"a share of {info.data['shares']['test']:g} for test gives {count} fold(s), from 0")
        return folds
