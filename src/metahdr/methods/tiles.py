"""Large images through a network in tiles, with the memory of one tile."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def in_tiles(network: Callable[[Tensor], Tensor], x: Tensor, tile: int, margin: int) -> Tensor:
    """`network(x)`, `(..., H, W)` to `(..., H, W)`, computed tile by tile.

    Args:
        network: keeps the size of an image.
        tile: side in pixels of the square that is kept of each tile.
        margin: pixels around that square which the network sees too. Tile and margin are multiples of the
            network's stride, so that its pooling has the same grid in all tiles.
    """
    import torch

    height, width = x.shape[-2:]
    rows = []
    for top in range(0, height, tile):
        parts = []
        for left in range(0, width, tile):
            above, before = max(top - margin, 0), max(left - margin, 0)
            seen = x[..., above : top + tile + margin, before : left + tile + margin]
            parts.append(network(seen)[..., top - above :, left - before :][..., :tile, :tile])
        rows.append(torch.cat(parts, -1))
    return torch.cat(rows, -2)
