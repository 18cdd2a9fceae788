"""VGG16's ImageNet weights as initial weights of HDR-CNN's encoder (Eilertsen et al. 2017, section 5)."""

from pathlib import Path

import torch

from metahdr.errors import UserError
from metahdr.nets.hdrcnn import HDRCNN
from metahdr.nets.imagenet import MEAN, STD
from metahdr.nets.vgg_encoder import VGG_MEAN
from metahdr.weights.imagenet import VGG16, read_convolutions


def start_from_vgg16(network: HDRCNN, path: Path) -> None:
    """Initialises the encoder of an HDR-CNN of width 1 with VGG16's convolutions.

    VGG16's weights expect RGB, normalised by mean and standard deviation. HDR-CNN's encoder gets BGR in [0, 255]
    minus a mean, and its skip connections expect features of that scale. So the first convolution's weights undo
    the difference, and all features are scaled by 255 times the mean standard deviation, for which it is enough to
    scale the biases, because convolutions and ReLUs are homogeneous.

    Args:
        path: as `read_convolutions` takes it.

    Raises:
        UserError: another width, or not VGG16's weights.
    """
    convolutions = [convolution for stage in network.encoder for convolution in stage]
    if convolutions[0].out_channels != 64:
        raise UserError("training.hdrcnn.vgg16: VGG16's weights fit training.hdrcnn.width 1 alone")
    tensors = read_convolutions(VGG16, path, "training.hdrcnn.vgg16")
    mean, std = torch.tensor(MEAN), torch.tensor(STD)
    growth = 255 * std.mean()
    with torch.no_grad():
        for convolution, weight, bias in zip(convolutions, tensors[::2], tensors[1::2], strict=True):
            convolution.weight.copy_(weight)
            convolution.bias.copy_(bias * growth)
        first = convolutions[0]
        per_value = first.weight / (255 * std.view(1, 3, 1, 1))
        shift = (torch.tensor(VGG_MEAN) - 255 * mean).view(1, 3, 1, 1)
        first.bias += growth * (per_value * shift).sum((1, 2, 3))
        first.weight.copy_((growth * per_value).flip(1))  # BGR
