"""A decoder over a frozen MobileNetV3-Large (Demirci and Dere, "Single LDR image to HDR translation")."""

from typing import Self

import torch
from torch import Tensor, nn
from torch.nn import functional as F

import metahdr.nets.torchvision_cpu  # noqa: F401  before torchvision
from metahdr.nets.imagenet import normalised
from metahdr.nets.unet import decode

from torchvision.models import mobilenet_v3_large  # noqa: E402, I001  isort: skip

_LAST = {1: 16, 3: 24, 6: 40, 12: 112, 16: 960}  # the encoder's last layer of each size, and its channels
_TINY = 1e-6  # least range of an image's values; a constant image becomes -1


class MobileNetAutoencoder(nn.Module):
    """An exposure in [0, 1] to log radiance as `normalise_target` gives it, `(N, 3, H, W)` to the same in (-1, 1).

    The encoder is MobileNetV3-Large without its classifier. Its weights and the statistics of its batch
    normalisation never change. The bottleneck is two 3x3 convolutions with ReLU. Each of five decoder blocks
    doubles the size by a 1x1 convolution and a pixel shuffle, concatenates the skip connection, which at full size
    is the normalised image, and applies two 3x3 convolutions with instance normalisation and ReLU. An image whose
    sides are no multiples of 32 is padded at the right and the bottom by its border, and the result is cropped.

    Args:
        filters: channels of the decoder at full resolution; they double at 1/2, 1/4, 1/8, 1/16 and in the
            bottleneck at 1/32.
    """

    def __init__(self, filters: int = 16):
        super().__init__()
        self.encoder = mobilenet_v3_large().eval().requires_grad_(False)
        self.encoder.classifier = nn.Identity()
        widths = [filters * 2**level for level in range(5, -1, -1)]
        *skips, deepest = 3, *_LAST.values()
        self.bottleneck = nn.Sequential(
            *(nn.Conv2d(deepest, widths[0], 3, padding=1), nn.ReLU()),
            *(nn.Conv2d(widths[0], widths[0], 3, padding=1), nn.ReLU()),
        )
        self.up = nn.ModuleList(
            nn.Sequential(nn.Conv2d(deep, 4 * shallow, 1), nn.PixelShuffle(2))
            for deep, shallow in zip(widths, widths[1:], strict=False)
        )
        self.merge = nn.ModuleList(
            nn.Sequential(*_layer(width + skip, width), *_layer(width, width))
            for width, skip in zip(widths[1:], reversed(skips), strict=True)
        )
        self.head = nn.Conv2d(filters, 3, 1)

    def train(self, mode: bool = True) -> Self:
        super().train(mode)
        self.encoder.eval()
        return self

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[2:]
        x = F.pad(normalise_input(x), (0, -width % 32, 0, -height % 32), mode="replicate")
        *skips, deepest = self._features(x)
        decoded = decode([x, *skips, self.bottleneck(deepest)], self.up, self.merge)
        return torch.tanh(self.head(decoded))[..., :height, :width]

    def _features(self, x: Tensor) -> list[Tensor]:
        """The encoder's features at 1/2, 1/4, 1/8, 1/16 and 1/32."""
        features = []
        for number, layer in enumerate(self.encoder.features):
            x = layer(x)
            if number in _LAST:
                features.append(x)
        return features


def normalise_input(x: Tensor) -> Tensor:
    """Images in [0, 1] normalised as ImageNet's, then each one stretched to [-1, 1], all channels together."""
    return _stretch(normalised(x))


def normalise_target(radiance: Tensor) -> Tensor:
    """log(1 + radiance), each image stretched to [-1, 1], all channels together; `(N, 3, H, W)` to the same."""
    return _stretch(torch.log1p(radiance))


def denormalise(y: Tensor, low: Tensor, high: Tensor) -> Tensor:
    """Radiance from what `normalise_target` gives.

    Args:
        low, high: each image's least and largest radiance, `(N, 1, 1, 1)`.
    """
    low, high = torch.log1p(low), torch.log1p(high)
    return torch.expm1(low + (y + 1) / 2 * (high - low))


def _stretch(x: Tensor) -> Tensor:
    low, high = x.amin((1, 2, 3), keepdim=True), x.amax((1, 2, 3), keepdim=True)
    return 2 * (x - low) / (high - low).clamp(min=_TINY) - 1


def _layer(inputs: int, outputs: int) -> tuple[nn.Module, ...]:
    return nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.InstanceNorm2d(outputs), nn.ReLU()
