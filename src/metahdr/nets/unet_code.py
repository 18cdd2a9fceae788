"""The U-Net of the MetaHDR authors' published code (github.com/edwin-pan/MetaHDR, src/models)."""

import torch
from torch import Tensor, nn

from metahdr.nets.conv import Conv2d, ConvTranspose2d
from metahdr.nets.norm import make_norm_relu
from metahdr.nets.unet import block, decode, encode


class UNetCode(nn.Module):
    """LDR to HDR, both in [0, 1], `(N, 3, H, W)` to the same; H and W are multiples of 16.

    Unlike the paper's: every convolution has a bias, transposed convolutions are 3x3 with normalisation and ReLU,
    and the last merge goes straight from twice the filters to RGB by two 3x3 convolutions with normalisation and
    ReLU between. 540,669 parameters at 8 filters. The code's last state replaces the sigmoid by a ReLU blended
    into the saturated pixels alone; here it is the sigmoid of the paper and of the code's earlier states.

    Args:
        filters, norm: as `UNet` takes them.
    """

    def __init__(self, filters: int = 8, norm: str = "batch"):
        super().__init__()
        widths = [filters * 2**level for level in range(5)]
        self.down = nn.ModuleList(block(i, o, norm, bias=True) for i, o in zip([3, *widths], widths, strict=False))
        self.up = nn.ModuleList(
            nn.Sequential(
                ConvTranspose2d(deep, shallow, 3, stride=2, padding=1, output_padding=1),
                make_norm_relu(norm, shallow),
            )
            for deep, shallow in zip(widths[:0:-1], widths[-2::-1], strict=True)
        )
        self.merge = nn.ModuleList(block(2 * width, width, norm, bias=True) for width in widths[-2:0:-1])
        self.merge.append(nn.Sequential(Conv2d(2 * filters, 3, 3, padding=1), make_norm_relu(norm, 3)))
        self.head = Conv2d(3, 3, 3, padding=1)
        self.to(memory_format=torch.channels_last)

    def forward(self, x: Tensor) -> Tensor:
        return torch.sigmoid(self.head(decode(encode(x, self.down), self.up, self.merge)))
