"""The contextual bilateral loss (Zhang et al. 2019) as Kim, Lee and Kang 2020 take it, with VGG-19."""

from pathlib import Path

import torch
from torch import Tensor, nn

import metahdr.nets.torchvision_cpu  # noqa: F401  before torchvision
from metahdr.losses.stack import contextual_bilateral_loss
from metahdr.nets.imagenet import MEAN, STD
from metahdr.weights.imagenet import VGG19, read_convolutions

from torchvision.models import vgg  # noqa: E402, I001  isort: skip

_SEEN = (17, 26)  # numbers of relu3_4 and relu4_4 among VGG-19's layers


class ContextualBilateral(nn.Module):
    """`contextual_bilateral_loss` of VGG-19's features, added; of images of at least 8x8 in [0, 1].

    The paper's "3-rd and 4-th layer" are the last features before the third and before the fourth pooling, relu3_4
    and relu4_4, as in the published code.

    Args:
        path: file of VGG-19's weights, as `read_convolutions` takes it.
        key: the configuration's key of the file, for errors.

    Raises:
        UserError: no such file, or not VGG-19's weights.
    """

    def __init__(self, path: Path, key: str):
        super().__init__()
        with torch.device("meta"):  # no weights are drawn: all of them come from the file
            self.layers = vgg.make_layers(vgg.cfgs["E"])[: _SEEN[-1] + 1]
        tensors = read_convolutions(VGG19, path, key)  # the first twelve convolutions of sixteen are needed
        self.layers.load_state_dict(dict(zip(self.layers.state_dict(), tensors, strict=False)), assign=True)
        self.requires_grad_(False)

    def forward(self, prediction: Tensor, label: Tensor) -> Tensor:
        pairs = zip(self._features(prediction), self._features(label), strict=True)
        return sum(contextual_bilateral_loss(ours, theirs) for ours, theirs in pairs)

    def _features(self, x: Tensor) -> list[Tensor]:
        mean, std = (x.new_tensor(values).view(1, 3, 1, 1) for values in (MEAN, STD))
        x, features = (x - mean) / std, []
        for number, layer in enumerate(self.layers):
            x = layer(x)
            if number in _SEEN:
                features.append(x)
        return features
