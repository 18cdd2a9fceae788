"""What networks that merge a bracket are given: each exposure, and its linear light by a simple gamma.

Kalantari and Ramamoorthi 2017 linearise the exposures by the camera's response, and then apply a gamma. Here the
response is the one that the aligned bracket shows (`brackets.merge`). The light of such an exposure I, at t times
the light of the darkest one, is H = I^2.2 / t (the survey's equation 9), so that 1.0, the most that a bracket
shows, is where the darkest exposure clips.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from metahdr.brackets.merge import inverse_response
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


def by_gamma(exposures: np.ndarray, stops: Sequence[float]) -> Tensor:
    """The exposures as a camera whose response is a gamma of 2.2 would have taken them.

    Args:
        exposures: of one view, aligned, uint8 `(E, H, W, 3)`.
        stops: of the exposures.

    Returns:
        In [0, 1], float32 `(E, 3, H, W)`.
    """
    table = torch.from_numpy(inverse_response(exposures, list(stops)) ** (1 / GAMMA)).float()
    return table[torch.from_numpy(exposures.transpose(0, 3, 1, 2)).int()]


def with_light(exposures: Tensor, gains: Tensor) -> Tensor:
    """Exposures in [0, 1] and their light, `(E, 3, H, W)` to `(E, 6, H, W)`."""
    return torch.cat([exposures, exposures**GAMMA * gains.view(-1, 1, 1, 1)], 1)
