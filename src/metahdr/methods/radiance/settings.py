"""How the radiance network is trained: its section of the configuration."""

from typing import Annotated

from pydantic import Field

from metahdr.config.base import Count, Positive, Range, TrainingSection


class RadianceTraining(TrainingSection):
    """Training of the radiance network, which is done where a run asks for its weight file `train`."""

    size: Annotated[int, Field(ge=32)] = 128
    """width and height of a training image in pixels"""

    steps: Count = 2000
    """training steps"""

    response_steps: Count = 1000
    """training steps of the part that proposes a response"""

    batch: Annotated[int, Field(ge=2)] = 8
    """images per step"""

    learning_rate: Positive = 0.0007
    """AdamW's learning rate at the beginning; it falls to 0"""

    field_of_view: Range = [35.0, 95.0]
    """smallest and largest horizontal field of view of a panorama's view, in degrees"""

    ev: Annotated[list[float], Field(min_length=2, max_length=2)] = [-3.0, 3.5]
    """smallest and largest exposure in stops, relative to the meter's"""

    save_every: Count = 100
    """steps between the states that an interrupted training resumes from"""
