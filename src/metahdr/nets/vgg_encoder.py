"""The encoder that HDR-CNN and SingleHDR have: VGG16's convolutions, with skip connections."""

from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

STAGES = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))  # channels
VGG_MEAN = (123.68, 116.779, 103.939)  # RGB


class VGGEncoder(nn.ModuleList):
    """VGG16's 13 convolutions in five stages, each followed by a max pooling.

    An image in [0, 1], `(N, 3, H, W)`, H and W multiples of 32, becomes features of a 32nd of its size, and the
    skip connections: the features of each stage before its pooling.

    Args:
        width: multiplier of the channels.

    Attributes:
        widths: channels of the skip connections.
    """

    def __init__(self, width: float):
        super().__init__()
        channels = [[scaled(count, width) for count in stage] for stage in STAGES]
        self.widths = [stage[-1] for stage in channels]
        for inputs, stage in zip([3, *self.widths], channels, strict=False):
            self.append(nn.ModuleList(nn.Conv2d(i, o, 3, padding=1) for i, o in pairwise([inputs, *stage])))
        self.register_buffer("mean", torch.tensor(VGG_MEAN).view(1, 3, 1, 1), persistent=False)

    def forward(self, x: Tensor, skip: Callable[[Tensor], Tensor]) -> tuple[Tensor, list[Tensor]]:
        """The deepest features, and `skip` of those of each stage."""
        features = (255 * x - self.mean).flip(1)  # BGR, as VGG16 was trained
        skips = []
        for convolutions in self:
            for convolution in convolutions:
                features = F.relu(convolution(features), inplace=True)
            skips.append(skip(features))
            features = F.max_pool2d(features, 2)
        return features, skips


def scaled(channels: int, width: float) -> int:
    """A number of channels multiplied by a width, at least 1."""
    return max(round(channels * width), 1)


def fusion_layer(channels: int) -> nn.Conv2d:
    """A 1x1 convolution of two concatenated feature maps, initialised to their sum (Eilertsen 2017, 3.3)."""
    fusion = nn.Conv2d(2 * channels, channels, 1)
    with torch.no_grad():
        fusion.weight.copy_(torch.eye(channels).repeat(1, 2)[..., None, None])
        fusion.bias.zero_()
    return fusion
