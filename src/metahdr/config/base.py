"""What all sections of the configuration are made of."""

import os
import re
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from metahdr.errors import UserError

# What keys mean is read from the source, which takes longer than all else that a job imports of this package; and
# no job asks for it.
_EXPLAINED = os.environ.get("METAHDR_KEYS") != "unexplained"


class Section(BaseModel):
    """A section: unknown keys, other types, NaN and infinity are refused; nothing changes after the check."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, allow_inf_nan=False, use_attribute_docstrings=_EXPLAINED
    )

    @property
    def compared(self) -> dict[str, Any]:
        """The keys that change a result and are not at their defaults, which the digest of the code covers."""
        return self.model_dump(mode="json", by_alias=True, exclude_defaults=True)


class TrainingSection(Section):
    """A section of a training, which may read files of others' weights, each where its key names one.

    Attributes:
        lacking: what the training does without each file, by the file's key.
        without_effect: keys that change no result.
    """

    lacking: ClassVar[dict[str, str]] = {}
    without_effect: ClassVar[frozenset[str]] = frozenset({"save_every"})

    @property
    def compared(self) -> dict[str, Any]:
        return {key: value for key, value in super().compared.items() if key in self.with_effect}

    @property
    def with_effect(self) -> dict[str, Any]:
        """The keys that change the result. Files of weights count by what is in them, not by their paths."""
        return self.model_dump(exclude=self.without_effect | self.lacking.keys())

    @property
    def pretrained(self) -> dict[str, str]:
        """The files that the training reads, by their key."""
        return {key: file for key in self.lacking if (file := getattr(self, key))}

    @property
    def lacks(self) -> list[str]:
        """What the training does without the files that are not named."""
        return [text for key, text in self.lacking.items() if not getattr(self, key)]


def plain_name(name: str) -> str:
    """A name that makes one folder or file and is one word to a shell."""
    if not re.fullmatch(r"[\w.-]+", name) or set(name) == {"."}:
        raise ValueError("a name has letters, digits and . _ - alone, and not only dots")
    return name


def check_name(name: str, what: str) -> str:
    """The name itself.

    Raises:
        UserError: it has other characters than letters, digits and . _ -, or is only dots.
    """
    try:
        return plain_name(name)
    except ValueError as error:
        raise UserError(f"{what}: found {name!r}; {error}") from None


def without_nulls(values: dict[str, Any]) -> dict[str, Any]:
    """A mapping without the keys that are null: so a configuration takes away what another one has."""
    return {key: value for key, value in values.items() if value is not None}


def increasing(values: list[float]) -> list[float]:
    if any(b <= a for a, b in zip(values, values[1:], strict=False)):
        raise ValueError("the values must increase")
    return values


def ordered(pair: list[float]) -> list[float]:
    if not pair[0] < pair[1]:
        raise ValueError("the first must be below the second")
    return pair


def unique(values: list[int]) -> list[int]:
    if len(set(values)) < len(values):
        raise ValueError("the values must differ")
    return values


Name = Annotated[str, AfterValidator(plain_name)]
Seeds = Folds = Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=1), AfterValidator(unique)]
VariantName = Annotated[str, StringConstraints(pattern="^[A-Za-z0-9_-]+$")]
Fraction = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=1)]
_PAIR, _ORDERED = Field(min_length=2, max_length=2), AfterValidator(ordered)
Normal = Annotated[list[Annotated[float, Field(ge=0)]], _PAIR]  # mean and standard deviation
PercentileRange = Annotated[list[Annotated[float, Field(ge=0, le=100)]], _PAIR, _ORDERED]
Range = Annotated[list[Annotated[float, Field(ge=0)]], _PAIR, _ORDERED]
Shares = Annotated[list[Fraction], _PAIR, _ORDERED]
Quality = Annotated[list[Annotated[int, Field(ge=1, le=100)]], _PAIR, _ORDERED]
