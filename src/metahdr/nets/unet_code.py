"""The U-Net of the MetaHDR authors' published code (github.com/edwin-pan/MetaHDR, src/models)."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from metahdr.nets.conv import Conv2d, ConvTranspose2d
from metahdr.nets.norm import make_norm_relu
from metahdr.nets.unet import block, decode, encode


class UNetCode(nn.Module):
    """An exposure in [0, 1] to radiance, `(N, 3, H, W)` to the same shape; H and W are multiples of 16.

    Unlike `UNet`, every convolution has a bias, transposed convolutions are 3x3 with normalisation and ReLU, and
    the last block goes from twice the filters to RGB by two 3x3 convolutions, the first with normalisation and
    ReLU. 540,669 parameters at 8 filters. Earlier states of the code end with a sigmoid, as the paper does. Its
    last state has a ReLU instead, and replaces only the clipped pixels of the input by the result.

    Args:
        filters, norm, head: as `UNet` takes them.
    """

    def __init__(self, filters: int, norm: str, head: Callable[[Tensor], Tensor]):
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
        self.to_radiance = head
        self.to(memory_format=torch.channels_last)

    def forward(self, x: Tensor) -> Tensor:
        return self.to_radiance(self.head(decode(encode(x, self.down), self.up, self.merge)))
