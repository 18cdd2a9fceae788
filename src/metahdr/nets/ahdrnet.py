"""AHDRNet (Yan et al. 2019, "Attention-guided network for ghost-free high dynamic range imaging")."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class AHDRNet(nn.Module):
    """Three exposures, dark to bright, to relative linear light in (0, 1), `(N, 3, 6, H, W)` to `(N, 3, H, W)`.

    The six channels of an exposure are its image and its radiance. The middle exposure is the reference. One
    encoder sees all three. The features of the other two are multiplied by attention maps, which compare them with
    those of the reference. Three dilated residual dense blocks merge the features and add to those of the
    reference. 1,441,283 parameters, which are those that the authors' code uses.

    Args:
        features: channels of the feature maps.
        growth: channels that each layer of a dense block adds.
    """

    def __init__(self, features: int = 64, growth: int = 32):
        super().__init__()
        self.encoder = nn.Sequential(_convolution(6, features), nn.LeakyReLU())
        self.attention = nn.ModuleList(_attention(features) for _ in range(2))  # of the dark and of the bright one
        self.merge = _convolution(3 * features, features)
        self.blocks = nn.ModuleList(DenseBlock(features, growth) for _ in range(3))
        self.fuse = nn.Sequential(nn.Conv2d(3 * features, features, 1), _convolution(features, features))
        self.head = nn.Sequential(_convolution(features, features), _convolution(features, 3), nn.Sigmoid())

    def forward(self, x: Tensor) -> Tensor:
        dark, reference, bright = (self.encoder(exposure) for exposure in x.unbind(1))
        dark, bright = (
            features * attention(torch.cat([features, reference], 1))
            for features, attention in zip((dark, bright), self.attention, strict=True)
        )
        features = self.merge(torch.cat([dark, reference, bright], 1))
        outputs = []
        for block in self.blocks:
            features = block(features)
            outputs.append(features)
        return self.head(reference + self.fuse(torch.cat(outputs, 1)))


class DenseBlock(nn.Module):
    """Dilated residual dense block, `(N, features, H, W)` to the same shape.

    Each of its six layers sees the input and the outputs of all layers before it.
    """

    def __init__(self, features: int, growth: int):
        super().__init__()
        self.layers = nn.ModuleList(
            nn.Conv2d(features + layer * growth, growth, 3, padding=2, dilation=2) for layer in range(6)
        )
        self.fuse = nn.Conv2d(features + 6 * growth, features, 1)

    def forward(self, x: Tensor) -> Tensor:
        dense = x
        for layer in self.layers:
            dense = torch.cat([dense, F.relu(layer(dense))], 1)
        return x + self.fuse(dense)


def _attention(features: int) -> nn.Sequential:
    """Features of an exposure and of the reference, concatenated, to factors in (0, 1) of the exposure's."""
    return nn.Sequential(
        _convolution(2 * features, 2 * features),
        nn.LeakyReLU(),
        _convolution(2 * features, features),
        nn.Sigmoid(),
    )


def _convolution(inputs: int, outputs: int) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 3, padding=1)
