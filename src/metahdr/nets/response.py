"""Inverse responses as tables."""

from torch import Tensor


def apply_response(x: Tensor, table: Tensor) -> Tensor:
    """Each value looked up in its image's table, linear between the entries.

    Args:
        x: `(N, C, H, W)`; values outside [0, 1] count as 0 or 1.
        table: light at L equally spaced values from 0 to 1, `(N, L)`.
    """
    last = table.shape[-1] - 1
    position = x.flatten(1).clamp(0, 1) * last
    below = position.detach().floor().clamp(max=last - 1).long()
    low, high = table.gather(1, below), table.gather(1, below + 1)
    return (low + (position - below) * (high - low)).view_as(x)
