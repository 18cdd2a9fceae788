"""Section `split`."""

import math
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from metahdr.config.base import Fraction, Section


def _sums_to_one(shares: dict[str, float]) -> dict[str, float]:
    if not math.isclose(sum(shares.values()), 1.0, abs_tol=1e-6):
        raise ValueError("the three shares must add up to 1")
    return shares


class Split(Section):
    """Shares of the sources (panoramas, photographs); all views of one source stay together."""

    shares: Annotated[dict[Literal["train", "validation", "test"], Fraction], AfterValidator(_sums_to_one)] = (
        Field(
            {"train": 0.7, "validation": 0.2, "test": 0.1},
            min_length=3,
            description="shares of train, validation and test; they add up to 1",
        )
    )
    fixed: dict[str, Literal["train", "validation", "test"]] = Field(
        {}, description="split of single sources by name, such as {courtyard: test}; they count towards the shares"
    )
