"""HDR-CNN (Eilertsen et al. 2017, "HDR image reconstruction from a single exposure using deep CNNs")."""

import copy

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.fusion import fuse_conv_bn_eval

from metahdr.nets.vgg_encoder import VGGEncoder, fusion_layer

EPSILON = 1 / 255  # of the log domain, section 3.3
THRESHOLD = 0.95  # where the blending begins, equation 3
GAMMA = 2.0  # the inverse of the assumed camera curve, equation 1


class HDRCNN(nn.Module):
    """One LDR exposure in [0, 1] to linear light relative to that exposure, `(N, 3, H, W)` to the same.

    The encoder has VGG16's 13 convolutions; the decoder upsamples five times by 4x4 transposed convolutions. Skip
    connections join every level of the encoder, and the input itself, to the decoder in the log domain. The
    prediction replaces the linearised input only where the input is saturated (equations 1 to 3). An image of any
    size is padded to a multiple of 32, and the result is cropped.

    Args:
        width: multiplier of the channels; 1 is the paper's network with about 29.4 M parameters.
    """

    def __init__(self, width: float = 1.0):
        super().__init__()
        self.encoder = VGGEncoder(width)
        inputs = self.encoder.widths[-1]
        self.bottom = nn.Conv2d(inputs, inputs, 3, padding=1)
        self.bottom_norm = nn.BatchNorm2d(inputs)
        self.up, self.up_norm, self.fuse = nn.ModuleList(), nn.ModuleList(), nn.ModuleList()
        for outputs in reversed(self.encoder.widths):
            self.up.append(nn.ConvTranspose2d(inputs, outputs, 4, stride=2, padding=1))
            self.up_norm.append(nn.BatchNorm2d(outputs))
            self.fuse.append(fusion_layer(outputs))
            inputs = outputs
        self.head = nn.Conv2d(inputs, 3, 1)
        self.head_norm = nn.BatchNorm2d(3)
        self.fuse_input = fusion_layer(3)
        for module in self.modules():
            if isinstance(module, nn.Conv2d) and module not in (*self.fuse, self.fuse_input):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")

    def log_prediction(self, x: Tensor) -> Tensor:
        """The network's output y, of which exp(y) - 1/255 is linear light."""
        height, width = x.shape[-2:]
        x = F.pad(x, (0, -width % 32, 0, -height % 32), mode="replicate")
        features, skips = self.encoder(x, _log_domain)
        features = F.relu(self.bottom_norm(self.bottom(features)), inplace=True)
        for up, norm, fuse, skip in zip(self.up, self.up_norm, self.fuse, reversed(skips), strict=True):
            features = fuse(torch.cat([F.relu(norm(up(features)), inplace=True), skip], 1))
        with torch.autocast(x.device.type, enabled=False):  # half precision is too coarse before exp
            output = F.relu(self.head_norm(self.head(features.float())))
            output = self.fuse_input(torch.cat([output, torch.log(x**GAMMA + EPSILON)], 1))
        return output[..., :height, :width]

    def forward(self, x: Tensor) -> Tensor:
        return blend(x, self.log_prediction(x))

    def fused(self) -> "HDRCNN":
        """A copy for inference, with batch normalisation fused into the convolutions before it."""
        network = copy.deepcopy(self).eval()
        network.bottom = fuse_conv_bn_eval(network.bottom, network.bottom_norm)
        network.head = fuse_conv_bn_eval(network.head, network.head_norm)
        for level, (up, norm) in enumerate(zip(network.up, network.up_norm, strict=True)):
            network.up[level] = fuse_conv_bn_eval(up, norm, transpose=True)
            network.up_norm[level] = nn.Identity()
        network.bottom_norm = network.head_norm = nn.Identity()
        return network.to(memory_format=torch.channels_last)


def saturation(x: Tensor) -> Tensor:
    """Blending weight alpha in [0, 1] of the brightest channel, `(N, 3, H, W)` to `(N, 1, H, W)` (equation 3)."""
    return ((x.amax(1, keepdim=True) - THRESHOLD) / (1 - THRESHOLD)).clamp(0, 1)


def blend(x: Tensor, y: Tensor) -> Tensor:
    """(1 - alpha) x^2 + alpha (exp(y) - 1/255), never negative (equations 1 and 2)."""
    alpha = saturation(x)
    return (1 - alpha) * x**GAMMA + alpha * linear_light(y)


def linear_light(y: Tensor) -> Tensor:
    """exp(y) - 1/255 of log values, never negative."""
    return (torch.exp(y.clamp(max=12)) - EPSILON).clamp(min=0)  # exp(12): above every half float, no overflow


def _log_domain(features: Tensor) -> Tensor:
    """log((h / 255)^2 + 1/255), in only two passes over the memory."""
    return torch.addcmul(features.new_full((1, 1, 1, 1), EPSILON), features, features, value=1 / 255**2).log()
