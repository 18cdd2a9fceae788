"""Losses of a VGG network's features, with torchvision's weights from a file."""

from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor, nn

import metahdr.nets.torchvision_cpu  # noqa: F401  before torchvision
from metahdr.nets.imagenet import normalised
from metahdr.weights.imagenet import Convolutions, read_convolutions

from torchvision.models import vgg  # noqa: E402, I001  isort: skip


class VGGLoss(nn.Module, ABC):
    """A distance of features, added over some layers; of images `(N, 3, H, W)` in [0, 1].

    Args:
        path: file of the network's weights, as `read_convolutions` takes it.
        key: the configuration's key of the file, for errors.

    Attributes:
        network: its convolutions in the file.
        layout: torchvision's letter for its layers.
        seen: numbers of the layers whose output counts.

    Raises:
        UserError: no such file, or not the network's weights.
    """

    network: ClassVar[Convolutions]
    layout: ClassVar[str]
    seen: ClassVar[tuple[int, ...]]

    def __init__(self, path: Path, key: str):
        super().__init__()
        with torch.device("meta"):  # no weights are drawn: all of them come from the file
            self.layers = vgg.make_layers(vgg.cfgs[self.layout])[: self.seen[-1] + 1]
        tensors = read_convolutions(self.network, path, key)  # those of deeper layers are not needed
        self.layers.load_state_dict(dict(zip(self.layers.state_dict(), tensors, strict=False)), assign=True)
        self.requires_grad_(False)

    @abstractmethod
    def distance(self, ours: Tensor, theirs: Tensor) -> Tensor:
        """Of the features of one layer, `(N, C, h, w)` each, a scalar."""

    def forward(self, prediction: Tensor, label: Tensor) -> Tensor:
        pairs = zip(self._features(prediction), self._features(label), strict=True)
        return sum(self.distance(ours, theirs) for ours, theirs in pairs)

    def _features(self, x: Tensor) -> list[Tensor]:
        x, features = normalised(x), []
        for number, layer in enumerate(self.layers):
            x = layer(x)
            if number in self.seen:
                features.append(x)
        return features
