"""The U-Net of MetaHDR (Pan and Vento 2021, section 3.2), and the parts that all U-Nets here share."""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn

from metahdr.nets.conv import Conv2d, ConvTranspose2d
from metahdr.nets.norm import make_norm_relu


class UNet(nn.Module):
    """An exposure in [0, 1] to radiance, `(N, 3, H, W)` to the same shape; H and W are multiples of 16.

    Every block has two 3x3 convolutions with normalisation and ReLU. Max pooling leads down, transposed 2x2
    convolutions lead up. Last come a 1x1 convolution to RGB and the head. docs/deviations.md lists the differences
    from the paper's text.

    Args:
        filters: channels of the first block; they double with each of four poolings (8 to 128).
        norm: as `make_norm_relu` takes it.
        head: from the last convolution's values to radiance, such as a sigmoid.
    """

    def __init__(self, filters: int, norm: str, head: Callable[[Tensor], Tensor]):
        super().__init__()
        widths = [filters * 2**level for level in range(5)]
        self.down = nn.ModuleList(block(i, o, norm) for i, o in zip([3, *widths], widths, strict=False))
        self.up = nn.ModuleList(
            ConvTranspose2d(deep, shallow, 2, stride=2)
            for deep, shallow in zip(widths[:0:-1], widths[-2::-1], strict=True)
        )
        self.merge = nn.ModuleList(block(2 * width, width, norm) for width in widths[-2::-1])
        self.head = Conv2d(filters, 3, 1)
        self.to_radiance = head
        self.to(memory_format=torch.channels_last)  # so that no convolution has to reorder its weights

    def forward(self, x: Tensor) -> Tensor:
        return self.to_radiance(self.head(decode(encode(x, self.down), self.up, self.merge)))


def block(inputs: int, outputs: int, norm: str, bias: bool = False) -> nn.Sequential:
    """Two 3x3 convolutions, each with normalisation and ReLU, `(N, inputs, H, W)` to `(N, outputs, H, W)`.

    Args:
        bias: whether the convolutions have one though the normalisation that follows has its own.
    """
    convolutions = [Conv2d(i, outputs, 3, padding=1, bias=bias or norm == "none") for i in (inputs, outputs)]
    if norm == "none":  # what keeps the scale of features instead (He et al. 2015)
        for convolution in convolutions:
            nn.init.kaiming_normal_(convolution.weight, nonlinearity="relu")
    first, second = convolutions
    return nn.Sequential(first, make_norm_relu(norm, outputs), second, make_norm_relu(norm, outputs))


def encode(x: Tensor, down: Iterable[nn.Module]) -> list[Tensor]:
    """The features of every block, at scales 1, 1/2, 1/4, ...: a block takes the max-pooled features before it."""
    features: list[Tensor] = []
    for stage in down:
        x = stage(nn.functional.max_pool2d(x, 2) if features else x)
        features.append(x)
    return features


def decode(features: list[Tensor], up: Iterable[nn.Module], merge: Iterable[nn.Module]) -> Tensor:
    """The features at scale 1, from those that `encode` gives.

    Each step upsamples the deepest features, concatenates the skip connection and applies a block.
    """
    *skips, x = features
    for enlarge, join, skip in zip(up, merge, reversed(skips), strict=True):
        x = join(torch.cat([enlarge(x), skip], 1))
    return x
