"""Sections `ahdrnet`, `kalantari` and `wu`: the training of networks that merge moving brackets.

The values are those of a training that a laptop does; `config/methods/` has the published ones.
"""

from typing import Annotated

from pydantic import Field

from metahdr.config.base import Count, Fraction, Positive, Section


class MergingTraining(Section):
    """What all of these trainings have."""

    size: Annotated[int, Field(ge=16)] = Field(64, description="width and height of a training image in pixels")
    steps: Count = Field(1800, description="training steps")
    batch: Count = Field(4, description="images per step")
    learning_rate: Positive = Field(0.0003, description="Adam's learning rate at the beginning")
    decay: bool = Field(True, description="let the learning rate fall to 0 along a cosine; as published: false")
    save_every: Count = Field(50, description="steps between the states that an interrupted training resumes from")


class AHDRNetTraining(MergingTraining):
    """Training of AHDRNet (Yan et al. 2019), which merges a moving bracket."""

    features: Count = Field(32, description="channels of its features; as published: 64")
    growth: Count = Field(16, description="channels that a dense layer adds; as published: 32")


class KalantariTraining(MergingTraining):
    """Training of Kalantari and Ramamoorthi's networks (2017), which merge a bracket aligned by optical flow."""

    first_stage: Fraction = Field(
        0.2,
        description="share of the steps in which the weight and image estimator learns to keep the aligned images",
    )


class WuTraining(MergingTraining):
    """Training of Wu et al.'s networks (2018), which merge a bracket aligned by a homography."""

    steps: Count = Field(1000, description="training steps")
    residual_kernel: Annotated[int, Field(ge=1)] = Field(
        5, description="side of the kernels in the residual blocks; the paper has 5, the authors' code 3"
    )
