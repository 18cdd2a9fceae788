"""LPIPS with VGG16, of the package lpips, whose backbone comes from a file instead of the network."""

import warnings
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

import metahdr.torchvision_cpu  # noqa: F401  before lpips, which imports torchvision
from metahdr.weights.imagenet import read_vgg16

import lpips  # noqa: E402, I001  isort: skip

_TINY = 1e-20  # of the features' squared norms


def load_lpips(vgg16: Path, key: str) -> Callable[[Tensor, Tensor], Tensor]:
    """LPIPS (Zhang et al. 2018, equation 1) between images of values in [0, 1], `(N, 3, H, W)` to `(N,)`; H and W
    are 16 or more.

    The linear layers are those of the package, version 0.1. Where all features of a place are zero, the package's
    gradient is not a number; here it is zero.

    Args:
        vgg16, key: as `read_vgg16` takes them.
    """
    with warnings.catch_warnings(), torch.device("meta"):  # nothing is drawn: all of it comes from files
        warnings.simplefilter("ignore")  # the package calls torchvision in an older way
        network = lpips.LPIPS(net="vgg", pretrained=False, pnet_rand=True, verbose=False)
    network.scaling_layer = lpips.ScalingLayer()
    names = [name for name, _ in network.net.named_parameters()]
    network.net.load_state_dict(dict(zip(names, read_vgg16(vgg16, key), strict=True)), assign=True)
    heads = Path(lpips.__file__).with_name("weights") / "v0.1" / "vgg.pth"
    heads = torch.load(heads, map_location="cpu", weights_only=True)
    network.load_state_dict(heads, strict=False, assign=True)
    network.requires_grad_(False)

    def distance(prediction: Tensor, label: Tensor) -> Tensor:
        network.to(prediction)
        images = [network.net(network.scaling_layer(2 * image - 1)) for image in (prediction, label)]
        layers = zip(network.lins, *images, strict=True)
        return sum(head((_unit(a) - _unit(b)).square()).mean((1, 2, 3)) for head, a, b in layers)

    return distance


def _unit(features: Tensor) -> Tensor:
    return features / (features.square().sum(1, keepdim=True).clamp(min=_TINY).sqrt() + 1e-10)
