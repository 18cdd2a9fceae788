"""Section `label`, and the names of label sources."""

from typing import Literal

from pydantic import Field

from metahdr.config.base import Section

LabelModel = Literal["shipped", "train", "official", "official_compr", "official_compr_regularized", "expandnet"]
LabelSource = Literal["true", "simulated", "expandnet", "debevec"]


class Label(Section):
    """The simulated HDR labels."""

    model: LabelModel = Field(
        "shipped",
        description="shipped: the HDR-CNN in models/; train: one trained in the run on its training scenes; "
        "official, official_compr, official_compr_regularized: the authors' weights; expandnet: ExpandNet's",
    )
    half: bool | None = Field(
        None, description="compute in half precision, for CPUs with bfloat16 and for GPUs; null: on a GPU only"
    )
    compile: bool = Field(False, description="compile the network first: pays for thousands of images of one size")
