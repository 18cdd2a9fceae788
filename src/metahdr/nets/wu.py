"""The networks of Wu et al. 2018, "Deep high dynamic range imaging with large foreground motions"."""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

SMALLEST = 32  # width and height below which the reflection at the deepest level would have too few pixels


class WuNet(nn.Module):
    """Three exposures, dark to bright, to relative linear light in (0, 1), `(N, 3, 6, H, W)` to `(N, 3, H, W)`.

    The six channels of an exposure are its image and its radiance. Each exposure has an encoder of its own for two
    levels. Their features are merged, translated at an eighth of the size, and decoded with skip connections from
    every level. The layers are those of the authors' code, where activations stand before convolutions. An image
    of any size is padded to a multiple of the total stride, and the result is cropped.

    Args:
        kind: what translates. `unet`: one more level, 12,531,587 parameters. `resnet`: nine residual blocks,
            35,480,707 parameters.
        residual_kernel: size of the residual blocks' kernels. 5 is the paper's, 3 the authors' code's, with
            16,606,339 parameters.
        turned: whether the layers see the image turned by 180 degrees, for kernels learned with the authors'
            padding, which is the mirror image of this one.
    """

    def __init__(self, kind: Literal["unet", "resnet"], residual_kernel: int = 5, turned: bool = False):
        super().__init__()
        self.turns = 2 if turned else 0
        self.level1 = nn.ModuleList(_convolution(6, 64, stride=2) for _ in range(3))
        self.level2 = nn.ModuleList(_down(64, 128) for _ in range(3))
        self.level3 = _down(3 * 128, 256)
        if kind == "unet":
            self.stride = 16
            self.translate = nn.Sequential(_down(256, 512), _up(512, 256))
        else:
            self.stride = 8
            self.translate = nn.Sequential(*(ResidualBlock(256, residual_kernel) for _ in range(9)))
        self.up3 = _up(2 * 256, 128)
        self.up2 = _up(128 + 3 * 128, 64)
        self.up1 = _up(64 + 3 * 64, 64)
        self.head = nn.Sequential(nn.ReLU(), _convolution(64, 3), nn.Sigmoid())

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[-2:]
        right, bottom = (max(-size % self.stride, SMALLEST - size) for size in (width, height))
        padded = F.pad(x.flatten(1, 2), (0, right, 0, bottom), mode="replicate")
        exposures = padded.rot90(self.turns, (-2, -1)).chunk(3, 1)
        halves = [level(exposure) for level, exposure in zip(self.level1, exposures, strict=True)]
        quarters = [level(features) for level, features in zip(self.level2, halves, strict=True)]
        merged = self.level3(torch.cat(quarters, 1))
        features = self.up3(torch.cat([self.translate(merged), merged], 1))
        features = self.up2(torch.cat([features, *quarters], 1))
        features = self.up1(torch.cat([features, *halves], 1))
        return self.head(features).rot90(-self.turns, (-2, -1))[..., :height, :width]


class ResidualBlock(nn.Module):
    """ReLU, then two convolutions around it, `(N, C, H, W)` to the same shape."""

    def __init__(self, channels: int, kernel: int):
        super().__init__()
        self.layers = nn.Sequential(
            *(_convolution(channels, channels, kernel), nn.BatchNorm2d(channels), nn.ReLU()),
            *(_convolution(channels, channels, kernel), nn.BatchNorm2d(channels)),
        )

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(x)
        return x + self.layers(x)


def _down(inputs: int, outputs: int) -> nn.Sequential:
    """To half the size."""
    return nn.Sequential(nn.LeakyReLU(0.2), _convolution(inputs, outputs, stride=2), nn.BatchNorm2d(outputs))


def _up(inputs: int, outputs: int) -> nn.Sequential:
    """To double the size."""
    convolution = nn.ConvTranspose2d(inputs, outputs, 5, stride=2, padding=2, output_padding=1)
    return nn.Sequential(nn.ReLU(), convolution, nn.BatchNorm2d(outputs))


def _convolution(inputs: int, outputs: int, kernel: int = 5, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, padding_mode="reflect")
