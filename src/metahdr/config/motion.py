"""Section `motion`."""

from typing import Annotated

from pydantic import Field

from metahdr.config.base import Section, Shares


class Motion(Section):
    """Moving brackets: a hand that shakes, and things that move. Not part of the default run (docs/methods.md)."""

    shake: Annotated[float, Field(ge=0, le=10)] = 0.4
    """standard deviation of the camera's rotation about each of its axes, from the middle exposure to another
    one, in degrees"""

    things: Annotated[int, Field(ge=0)] = 2
    """number of things that move in a scene"""

    size: Shares = [0.15, 0.4]
    """smallest and largest diameter of a thing, in image heights"""

    speed: Shares = [0.02, 0.15]
    """least and most that a thing moves between two exposures, in image heights"""

    light: Annotated[float, Field(ge=0)] = 1.0
    """standard deviation of a thing's light, in stops; 0: it is metered as the scene is"""
