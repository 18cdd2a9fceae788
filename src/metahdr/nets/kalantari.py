"""The networks of Kalantari and Ramamoorthi 2017, "Deep high dynamic range imaging of dynamic scenes"."""

from typing import Literal

from torch import Tensor, nn

OUTPUTS = {"direct": 3, "we": 9, "wie": 18}  # channels
EPSILON = 1e-8  # prevents 0/0 where all weights vanish; too small to change any other pixel


class KalantariNet(nn.Module):
    """Three aligned exposures, dark to bright, to values in (0, 1).

    `(N, 3, 6, H, W)` to `(N, C, H, W)`; C is 3, 9 or 18. The six channels of an exposure are its image and its
    radiance. Four convolutions shrink from 7x7 to 1x1, and a pixel of the output depends on 13x13 pixels.

    Args:
        kind: what the outputs are. `direct`: the HDR image, 383,603 parameters. `we`: weights of the three
            exposures for each channel, as `merge` takes them, 383,909 parameters. `wie`: these weights, then three
            refined images, 384,368 parameters.
    """

    def __init__(self, kind: Literal["direct", "we", "wie"]):
        super().__init__()
        self.layers = nn.Sequential(
            *(nn.Conv2d(18, 100, 7, padding=3), nn.ReLU()),
            *(nn.Conv2d(100, 100, 5, padding=2), nn.ReLU()),
            *(nn.Conv2d(100, 50, 3, padding=1), nn.ReLU()),
            *(nn.Conv2d(50, OUTPUTS[kind], 1), nn.Sigmoid()),
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x.flatten(1, 2))


def merge(weights: Tensor, images: Tensor) -> Tensor:
    """Weighted mean of three exposures' linear light, both `(N, 3, 3, H, W)`, exposures before colours."""
    return (weights * images).sum(1) / (weights.sum(1) + EPSILON)
