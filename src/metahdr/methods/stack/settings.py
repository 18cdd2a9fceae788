"""How the stack's networks are trained: their section of the configuration.

The values are those of a training that a laptop does; `config/methods/stack.yaml` has the published ones.
"""

from typing import Annotated, Literal

from pydantic import Field

from metahdr.config.base import Count, Positive, Shares, TrainingSection


class StackTraining(TrainingSection):
    """Training of the networks that make a stack of exposures out of one (Kim, Lee and Kang 2020)."""

    lacking = {"vgg19": "no contextual bilateral loss"}

    width: Annotated[int, Field(ge=2)] = 8
    """channels of the global network's first convolution; as published: 32"""

    recursions: Count = 3
    """exposures that are made in each direction"""

    stops: Positive = 1.0
    """stops between neighbouring exposures of the stack"""

    response: Literal["truth", "prediction"] = "truth"
    """by what response the HDR loss merges the exposures that a network made: truth, that of the true exposures,
    which a short training needs; prediction, that of the made ones, as published"""

    vgg19: str | None = None
    """file of VGG-19's ImageNet weights, torchvision's vgg19-dcbb9e9d.pth, for the contextual bilateral loss; null
    leaves that term out"""

    size: Annotated[int, Field(ge=32)] = 64
    """width and height of a training image in pixels; the networks halve it five times"""

    steps: Count = 1000
    """training steps of each direction: first brighter, then darker"""

    batch: Count = 2
    """images per step"""

    learning_rate: Positive = 0.0001
    """Adam's learning rate"""

    crop_scale: Shares = [0.2, 0.6]
    """smallest and largest side of a random crop, in image heights"""

    ev: Annotated[list[float], Field(min_length=2, max_length=2)] = [-3.0, 3.5]
    """smallest and largest exposure of the stack's middle in stops, relative to the meter's"""

    save_every: Count = 50
    """steps between the states that an interrupted training resumes from"""
