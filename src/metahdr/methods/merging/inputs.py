"""What networks that merge a bracket are given: each exposure, and its linear light by a simple gamma.

The light of an exposure I at t times the light of the darkest one is H = I^2.2 / t (the survey's equation 9), so
that 1.0 is where the darkest exposure clips: the most that a bracket shows.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from metahdr.errors import UserError

GAMMA = 2.2
COUNT = 3  # exposures; the networks have an input for each


def check_bracket(name: str, stops: Sequence[float]) -> None:
    """Refuses what is no bracket of three exposures, dark to bright.

    Raises:
        UserError: another number of exposures, or another order.
    """
    found = ", ".join(f"{stop:+g}" for stop in stops)
    if len(stops) != COUNT:
        raise UserError(f"{name}: found {len(stops)} exposures (EV {found}); it merges {COUNT}")
    if any(b <= a for a, b in zip(stops, stops[1:], strict=False)):
        raise UserError(f"{name}: found exposures in the order EV {found}; give them from dark to bright")


def most_light(stops: Sequence[float]) -> float:
    """The radiance in the scene's scale at which the darkest exposure clips."""
    return 2.0 ** -min(stops)


def light_gains(stops: Sequence[float]) -> Tensor:
    """From each exposure's own light to that of the bracket: 1/t, 1 for the darkest, `(E,)`."""
    return torch.tensor([2.0 ** (min(stops) - stop) for stop in stops])


def with_light(exposures: Tensor, gains: Tensor) -> Tensor:
    """Exposures in [0, 1] and their light, `(E, 3, H, W)` to `(E, 6, H, W)`."""
    return torch.cat([exposures, exposures**GAMMA * gains.view(-1, 1, 1, 1)], 1)
