"""Losses with LPIPS (Zhang et al. 2018), as the package lpips computes it, with VGG16's weights from a file."""

import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

import metahdr.torchvision_cpu  # noqa: F401  before lpips, which imports torchvision
from metahdr.losses.make import Loss
from metahdr.weights.imagenet import read_vgg16

import lpips as package  # noqa: E402, I001  isort: skip

Distance = Callable[[Tensor, Tensor], Tensor]  # two batches of images to `(N,)`

_TINY = 1e-20  # least squared norm of a place's features


def lpips(vgg16: str) -> Loss:
    """`lpips_loss` with the VGG16 weights of that file.

    Raises:
        UserError: no such file, or not VGG16's weights.
    """
    return partial(lpips_loss, load_lpips(Path(vgg16), "meta.vgg16"))


def lpips_l1(vgg16: str) -> Loss:
    """`lpips_l1_loss` likewise."""
    return partial(lpips_l1_loss, load_lpips(Path(vgg16), "meta.vgg16"))


def lpips_loss(distance: Distance, prediction: Tensor, label: Tensor) -> Tensor:
    """LPIPS, for values in [0, 1], of images of at least 16x16 pixels."""
    return distance(prediction, label).mean()


def lpips_l1_loss(distance: Distance, prediction: Tensor, label: Tensor) -> Tensor:
    """LPIPS/2 + l1/2, for values in [0, 1], of images of at least 16x16 pixels."""
    return 0.5 * distance(prediction, label).mean() + 0.5 * F.l1_loss(prediction, label)


def load_lpips(vgg16: Path, key: str) -> Distance:
    """LPIPS with VGG16 (Zhang et al. 2018, equation 1), `(N, 3, H, W)` in [0, 1] to `(N,)`, H and W at least 16.

    The weights of the channels are the package's, version 0.1. Where all features of a place are zero, the
    package's gradient is NaN; here it is zero.

    Args:
        vgg16, key: as `read_vgg16` takes them.
    """
    with warnings.catch_warnings(), torch.device("meta"):  # no weights are drawn: all of them come from files
        warnings.simplefilter("ignore")  # the package calls torchvision in a deprecated way
        network = package.LPIPS(net="vgg", pretrained=False, pnet_rand=True, verbose=False)
    network.scaling_layer = package.ScalingLayer()
    names = [name for name, _ in network.net.named_parameters()]
    network.net.load_state_dict(dict(zip(names, read_vgg16(vgg16, key), strict=True)), assign=True)
    heads = Path(package.__file__).with_name("weights") / "v0.1" / "vgg.pth"
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
