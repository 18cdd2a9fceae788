"""The U-Net of MetaHDR (Pan and Vento 2021, section 3.3)."""

import torch
from torch import Tensor, nn

from metahdr.nets.conv import Conv2d, ConvTranspose2d
from metahdr.nets.norm import BatchNormReLU


def _block(inputs: int, outputs: int) -> nn.Sequential:
    # The convolutions need no bias, the normalisation has one.
    return nn.Sequential(
        Conv2d(inputs, outputs, 3, padding=1, bias=False),
        BatchNormReLU(outputs),
        Conv2d(outputs, outputs, 3, padding=1, bias=False),
        BatchNormReLU(outputs),
    )


class UNet(nn.Module):
    """LDR to HDR, both in [0, 1], `(N, 3, H, W)` to the same; H and W are multiples of 16.

    Two 3x3 convolutions per block with batch normalisation and ReLU, max pooling, transposed convolutions on
    the way up, a 1x1 convolution to RGB and a sigmoid.

    Args:
        filters: channels of the first block; they double with each of four poolings (8 to 128).
    """

    def __init__(self, filters: int = 8):
        super().__init__()
        widths = [filters * 2**level for level in range(5)]
        self.down = nn.ModuleList(_block(i, o) for i, o in zip([3, *widths], widths, strict=False))
        self.up = nn.ModuleList(
            ConvTranspose2d(deep, shallow, 2, stride=2)
            for deep, shallow in zip(widths[:0:-1], widths[-2::-1], strict=True)
        )
        self.merge = nn.ModuleList(_block(2 * width, width) for width in widths[-2::-1])
        self.head = Conv2d(filters, 3, 1)
        self.to(memory_format=torch.channels_last)  # a tenth less time for the meta-gradient

    def forward(self, x: Tensor) -> Tensor:
        skips = []
        for block in self.down:
            if skips:
                x = nn.functional.max_pool2d(x, 2)
            x = block(x)
            skips.append(x)
        for up, merge, skip in zip(self.up, self.merge, skips[-2::-1], strict=True):
            x = merge(torch.cat([up(x), skip], 1))
        return torch.sigmoid(self.head(x))
