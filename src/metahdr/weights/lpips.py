"""LPIPS (Zhang et al. 2018), as the package lpips computes it, with a backbone's weights from a file."""

import warnings
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

import metahdr.nets.torchvision_cpu  # noqa: F401  before lpips, which imports torchvision
from metahdr.weights.imagenet import ALEXNET, VGG16, read_convolutions

import lpips  # noqa: E402, I001  isort: skip

Distance = Callable[[Tensor, Tensor], Tensor]  # two batches of images to `(N,)`

_BACKBONES = {"alex": ALEXNET, "vgg": VGG16}
_TINY = 1e-20  # least squared norm of the features at a position


def load_lpips(backbone: str, path: Path, key: str) -> Distance:
    """LPIPS with AlexNet or VGG16 (Zhang et al. 2018, equation 1), `(N, 3, H, W)` in [0, 1] to `(N,)`.

    H and W are at least 16 for VGG16 and 32 for AlexNet. The weights of the channels are the package's, version
    0.1. Where all features at a position are zero, the package's gradient is NaN; here it is zero.

    Args:
        backbone: `alex` or `vgg`.
        path: file of the backbone's weights, as `read_convolutions` takes it.
        key: the configuration's key of the file, for errors.

    Raises:
        UserError: no such file, or not the backbone's weights.
    """
    with warnings.catch_warnings(), torch.device("meta"):  # no weights are drawn: all of them come from files
        warnings.simplefilter("ignore")  # the package calls torchvision in a deprecated way
        network = lpips.LPIPS(net=backbone, pretrained=False, pnet_rand=True, verbose=False)
    network.scaling_layer = lpips.ScalingLayer()
    names = [name for name, _ in network.net.named_parameters()]
    tensors = read_convolutions(_BACKBONES[backbone], path, key)
    network.net.load_state_dict(dict(zip(names, tensors, strict=True)), assign=True)
    heads = Path(lpips.__file__).with_name("weights") / "v0.1" / f"{backbone}.pth"
    network.load_state_dict(torch.load(heads, map_location="cpu", weights_only=True), strict=False, assign=True)
    network.requires_grad_(False)

    def distance(prediction: Tensor, label: Tensor) -> Tensor:
        network.to(prediction)
        passes = [prediction, label]
        if not torch.is_grad_enabled():  # without gradients one pass for both images is faster
            passes = [torch.cat(passes)]
        features = [network.net(network.scaling_layer(2 * images - 1)) for images in passes]
        distances = 0
        for head, *layer in zip(network.lins, *features, strict=True):
            a, b = _unit(torch.cat(layer)).chunk(2)
            distances += head((a - b).square()).mean((1, 2, 3))
        return distances

    return distance


def _unit(features: Tensor) -> Tensor:
    return features / (features.square().sum(1, keepdim=True).clamp(min=_TINY).sqrt() + 1e-10)
