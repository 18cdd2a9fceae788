"""Section `ablation`."""

from pydantic import Field

from metahdr.config.base import Section, Seeds, VariantName
from metahdr.config.label import LabelSource
from metahdr.config.meta import Overrides


class Ablation(Section):
    """Variants of meta-training (arms) beside one another, each with the same seeds: docs/ablation.md."""

    arms: dict[VariantName, Overrides] = Field(
        {}, description="arms by name, each with the keys of meta that it changes; {}: meta as it is"
    )
    seeds: Seeds = Field(
        [0, 1, 2], description="seeds of meta-training, all different; every arm is trained once with each"
    )
    baseline: str | None = Field(None, description="the arm that the others are compared with; null: the first")
    labels: LabelSource = Field("simulated", description="label source of the support sets, in every arm")
