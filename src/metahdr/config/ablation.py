"""Section `ablation`."""

from typing import Annotated

from pydantic import AfterValidator, Field, PlainSerializer, StringConstraints, create_model

from metahdr.config.base import Section
from metahdr.config.label import LabelSource
from metahdr.config.meta import Meta


def _unique(values: list[int]) -> list[int]:
    if len(set(values)) < len(values):
        raise ValueError("the values must differ")
    return values


# Every key of meta but `runs`, all of them optional: an arm holds the keys that it changes and no others.
Arm = create_model(
    "Arm",
    __base__=Section,
    **{
        name: (Annotated[field.annotation, field], None)
        for name, field in Meta.model_fields.items()
        if name != "runs"
    },
)
Overrides = Annotated[
    Arm,
    AfterValidator(lambda arm: arm.model_dump(exclude_unset=True)),
    PlainSerializer(lambda overrides: overrides),
]
ArmName = Annotated[str, StringConstraints(pattern="^[A-Za-z0-9_-]+$")]


class Ablation(Section):
    """Variants of meta-training (arms) beside one another, each with the same seeds: docs/ablation.md."""

    arms: dict[ArmName, Overrides] = Field(
        {}, description="arms by name, each with the keys of meta that it changes; {}: meta as it is"
    )
    seeds: Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=1), AfterValidator(_unique)] = Field(
        [0, 1, 2], description="seeds of meta-training, all different; every arm is trained once with each"
    )
    baseline: str | None = Field(None, description="the arm that the others are compared with; null: the first")
    labels: LabelSource = Field("simulated", description="label source of the support sets, in every arm")
