"""The response that a stack shows, on the scale of its exposure of EV 0."""

from collections.abc import Sequence

from torch import Tensor

from metahdr.brackets.synthesis import VALUES, estimate_response

NEAR_WHITE = 192, 224  # values of 8 bits


def scaled_response(stack: Tensor, evs: Sequence[float]) -> Tensor:
    """The estimated log inverse response, shifted so that light of 1.0 is where the exposure of EV 0 clips.

    Just below white the estimate is wrong, because JPEG and networks scatter clipped pixels over these values. So
    the log light of white is extrapolated from the values 192 and 224 along a straight line, and its mean over the
    channels is shifted to 0.

    Args:
        stack: values in [0, 1], `(N, E, C, H, W)`.
        evs: stops of the exposures.

    Returns:
        `(N, C, 256)`, as `synthesise` takes it.
    """
    g = estimate_response(stack, evs)
    low, high = NEAR_WHITE
    slope = (g[..., high] - g[..., low]) / (high - low)
    white = g[..., high] + (VALUES - 1 - high) * slope
    return g - white.mean(1)[:, None, None]
