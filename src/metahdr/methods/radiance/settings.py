"""How the radiance network is trained: its section of the configuration."""

from typing import Annotated

from pydantic import Field

from metahdr.config.base import Count, Positive, Range, TrainingSection


class RadianceTraining(TrainingSection):
    """Training of the radiance network, which is done where a run asks for its weight file `train`."""

    size: Annotated[int, Field(ge=32)] = Field(128, description="width and height of a training image in pixels")
    steps: Count = Field(2000, description="training steps")
    response_steps: Count = Field(1000, description="training steps of the part that proposes a response")
    batch: Annotated[int, Field(ge=2)] = Field(8, description="images per step")
    learning_rate: Positive = Field(0.0007, description="AdamW's learning rate at the beginning; it falls to 0")
    field_of_view: Range = Field(
        [35.0, 95.0], description="smallest and largest horizontal field of view of a panorama's view, in degrees"
    )
    ev: Annotated[list[float], Field(min_length=2, max_length=2)] = Field(
        [-3.0, 3.5], description="smallest and largest exposure in stops, relative to the meter's"
    )
    save_every: Count = Field(
        100, description="steps between the states that an interrupted training resumes from"
    )
