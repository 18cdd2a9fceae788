"""The networks that meta-training chooses from."""

import logging
from pathlib import Path

from torch import Tensor, nn

from metahdr.config.meta import Meta
from metahdr.nets.resnet_unet import ResNetUNet
from metahdr.nets.unet import UNet
from metahdr.nets.unet_code import UNetCode
from metahdr.weights.imagenet import load_resnet18

log = logging.getLogger(__name__)


def make_network(settings: Meta, parameters: dict[str, Tensor] | None = None) -> nn.Module:
    """The configured network, LDR to HDR, both in [0, 1], `(N, 3, H, W)` to the same.

    Args:
        parameters: of a checkpoint, with a frozen encoder's; None draws them, and reads the encoder's file.

    Raises:
        UserError: the encoder's file is missing or something else.
    """
    networks = {"unet": UNet, "unet_code": UNetCode, "resnet18": ResNetUNet}
    network = networks[settings.network](settings.filters, settings.norm)
    if parameters is not None:
        network.load_state_dict(parameters)
    elif settings.network == "resnet18" and settings.encoder:
        load_resnet18(network.encoder, Path(settings.encoder), "meta.encoder")
    elif settings.network == "resnet18":
        log.warning(
            "the frozen encoder is random: meta.encoder names no file of ResNet-18's weights, "
            "such as torchvision's resnet18-f37072fd.pth"
        )
    return network
