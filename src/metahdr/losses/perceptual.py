"""The perceptual loss of Liu et al. 2020, with VGG16."""

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

import metahdr.nets.torchvision_cpu  # noqa: F401  before torchvision
from metahdr.nets.imagenet import MEAN, STD
from metahdr.weights.imagenet import VGG16, read_convolutions

from torchvision.models import vgg  # noqa: E402, I001  isort: skip

_POOL3 = 16  # number of VGG16's third pooling among its layers


class Perceptual(nn.Module):
    """l1 of VGG16's features after each of its first three poolings, added; of images of at least 16x16 in [0, 1].

    Args:
        path: file of VGG16's weights, as `read_convolutions` takes it.
        key: the configuration's key of the file, for errors.

    Raises:
        UserError: no such file, or not VGG16's weights.
    """

    def __init__(self, path: Path, key: str):
        super().__init__()
        with torch.device("meta"):  # no weights are drawn: all of them come from the file
            self.layers = vgg.make_layers(vgg.cfgs["D"])[: _POOL3 + 1]
        tensors = read_convolutions(VGG16, path, key)  # the first seven convolutions of thirteen are needed
        self.layers.load_state_dict(dict(zip(self.layers.state_dict(), tensors, strict=False)), assign=True)
        self.requires_grad_(False)

    def forward(self, prediction: Tensor, label: Tensor) -> Tensor:
        pairs = zip(self._features(prediction), self._features(label), strict=True)
        return sum(F.l1_loss(ours, theirs) for ours, theirs in pairs)

    def _features(self, x: Tensor) -> list[Tensor]:
        mean, std = (x.new_tensor(values).view(1, 3, 1, 1) for values in (MEAN, STD))
        x, features = (x - mean) / std, []
        for layer in self.layers:
            x = layer(x)
            if isinstance(layer, nn.MaxPool2d):
                features.append(x)
        return features
