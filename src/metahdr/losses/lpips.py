"""Losses with LPIPS (Zhang et al. 2018), as the package lpips computes it, with VGG16's weights from a file."""

import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

import metahdr.torchvision_cpu  # noqa: F401  before lpips, which imports torchvision
from metahdr.weights.imagenet import read_vgg16

import lpips  # noqa: E402, I001  isort: skip

Distance = Callable[[Tensor, Tensor], Tensor]  # two batches of images to `(N,)`

_TINY = 1e-20  # least squared norm of a place's features


def lpips_loss(prediction: Tensor, label: Tensor, vgg16: str) -> Tensor:
    """LPIPS, for values in [0, 1], of images of at least 16x16 pixels.

    Args:
        vgg16: as `load_lpips` takes it.
    """
    return _load_once(Path(vgg16))(prediction, label).mean()


def lpips_l1_loss(prediction: Tensor, label: Tensor, vgg16: str) -> Tensor:
    """LPIPS/2 + l1/2, likewise."""
    return 0.5 * lpips_loss(prediction, label, vgg16) + 0.5 * F.l1_loss(prediction, label)


def load_lpips(vgg16: Path) -> Distance:
    """LPIPS with VGG16 (Zhang et al. 2018, equation 1), `(N, 3, H, W)` in [0, 1] to `(N,)`, H and W at least 16.

    The weights of the channels are the package's, version 0.1. Where all features of a place are zero, the
    package's gradient is NaN; here it is zero.

    Args:
        vgg16: file of VGG16's weights, as `read_vgg16` takes it.

    Raises:
        UserError: no such file, or not VGG16's weights.
    """
    with warnings.catch_warnings(), torch.device("meta"):  # no weights are drawn: all of them come from files
        warnings.simplefilter("ignore")  # the package calls torchvision in a deprecated way
        network = lpips.LPIPS(net="vgg", pretrained=False, pnet_rand=True, verbose=False)
    network.scaling_layer = lpips.ScalingLayer()
    names = [name for name, _ in network.net.named_parameters()]
    network.net.load_state_dict(dict(zip(names, read_vgg16(vgg16, "meta.vgg16"), strict=True)), assign=True)
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


_load_once = cache(load_lpips)


def _unit(features: Tensor) -> Tensor:
    return features / (features.square().sum(1, keepdim=True).clamp(min=_TINY).sqrt() + 1e-10)
