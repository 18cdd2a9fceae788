"""SingleHDR (Liu et al. 2020, "Single-image HDR reconstruction by learning to reverse the camera pipeline").

A camera clips light, applies its response and quantises. One network for each step undoes it, in the reverse
order, and a fourth refines the result. What the paper leaves open is as in the authors' code
(github.com/alex04072000/SingleHDR).
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

import metahdr.nets.torchvision_cpu  # noqa: F401  before torchvision
from metahdr.nets.unet import decode
from metahdr.nets.vgg_encoder import VGGEncoder, fusion_layer, scaled

from torchvision.models import resnet18  # noqa: E402, I001  isort: skip

BINS = (4, 8, 16)  # of the soft histograms that the linearisation sees
THRESHOLD = 0.95  # linear light above which a pixel counts as over-exposed

_UNET = ((16, 7), (32, 5), (64, 3), (128, 3), (256, 3), (512, 3))  # channels and kernel of each level of the U-Net


class ResidualUNet(nn.Module):
    """A residual for the first of its input images, `(N, inputs, H, W)` to `(N, 3, H, W)`.

    Six levels of two convolutions, each with a leaky ReLU. Average pooling leads down, bilinear upsampling up. An
    image of any size is padded to a multiple of 32, and the result is cropped.

    Args:
        inputs: channels of all images together.
        width: multiplier of the channels inside.
    """

    def __init__(self, inputs: int, width: float = 1.0):
        super().__init__()
        levels = [(scaled(channels, width), kernel) for channels, kernel in _UNET]
        self.down, self.up, self.merge = nn.ModuleList(), nn.ModuleList(), nn.ModuleList()
        for outputs, kernel in levels:
            self.down.append(nn.Sequential(_layer(inputs, outputs, kernel), _layer(outputs, outputs, kernel)))
            inputs = outputs
        for outputs, _ in levels[-2::-1]:
            self.up.append(nn.Sequential(nn.Upsample(scale_factor=2, mode="bilinear"), _layer(inputs, outputs, 3)))
            self.merge.append(_layer(2 * outputs, outputs, 3))
            inputs = outputs
        self.last = nn.Conv2d(inputs, 3, 3, padding=1)

    def residual(self, x: Tensor) -> Tensor:
        height, width = x.shape[-2:]
        x = _padded(x)
        features: list[Tensor] = []
        for level in self.down:
            x = level(F.avg_pool2d(x, 2) if features else x)
            features.append(x)
        return self.last(decode(features, self.up, self.merge))[..., :height, :width]


class DequantisationNet(ResidualUNet):
    """One LDR exposure in [0, 1] to the same without quantisation, `(N, 3, H, W)` to the same shape.

    The network adds something in [-1, 1]; the result may leave [0, 1]. 7,899,555 parameters at width 1.
    """

    def __init__(self, width: float = 1.0):
        super().__init__(3, width)

    def forward(self, x: Tensor) -> Tensor:
        return x + torch.tanh(self.residual(x))


class RefinementNet(ResidualUNet):
    """Reconstructed light to better light, never negative; all images are `(N, 3, H, W)`.

    The network also sees the linearised and the dequantised image. 7,904,259 parameters at width 1.
    """

    def __init__(self, width: float = 1.0):
        super().__init__(9, width)

    def forward(self, light: Tensor, linear: Tensor, dequantised: Tensor) -> Tensor:
        return F.relu(light + self.residual(torch.cat([light, linear, dequantised], 1)))


class LinearisationNet(nn.Module):
    """One exposure in [0, 1] to the inverse of its camera's response, `(N, 3, H, W)` to `(N, L)`.

    ResNet-18 sees the image, its edges and its soft histograms, 93 channels. Two fully connected layers give the
    coefficients of a linear model of inverse responses, whose curve is made to rise. 11,727,051 parameters with 11
    coefficients. The model's tables are not in the network's state.

    Args:
        mean: of the inverse responses, at L equally spaced values from 0 to 1, `(L,)`; the paper's L is 1024.
        basis: principal components, `(K, L)`; the paper's K is 11.
    """

    def __init__(self, mean: Tensor, basis: Tensor):
        super().__init__()
        self.net = resnet18()
        self.net.conv1 = nn.Conv2d(3 * (1 + 2 + sum(BINS)), 64, 7, stride=2, padding=3, bias=False)
        self.net.fc = nn.Sequential(nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, len(basis)))
        self.register_buffer("mean", mean, persistent=False)
        self.register_buffer("basis", basis, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        histograms = [soft_histogram(x, bins) for bins in BINS]
        coefficients = self.net(torch.cat([x, sobel_edges(x), *histograms], 1))
        with torch.autocast(x.device.type, enabled=False):  # half precision is too coarse for sums of many steps
            return monotone(inverse_response(coefficients.to(self.mean), self.mean, self.basis))


class HallucinationNet(nn.Module):
    """Linear light in [0, 1] to what clipping took from it, never negative, `(N, 3, H, W)` to the same.

    The light before clipping is the input plus the result times `over_exposed`. Encoder and skip connections are
    HDR-CNN's, but linear instead of logarithmic. Nearest-neighbour upsampling and a convolution replace transposed
    convolutions, which leave checkerboards. An image of any size is padded to a multiple of 32, and the result is
    cropped.

    Args:
        width: multiplier of the channels; 1 is the paper's network with 24,569,118 parameters.
    """

    def __init__(self, width: float = 1.0):
        super().__init__()
        self.encoder = VGGEncoder(width)
        inputs = self.encoder.widths[-1]
        self.bottom = _normalised(nn.Conv2d(inputs, inputs, 3, padding=1))
        self.up, self.fuse = nn.ModuleList(), nn.ModuleList()
        for outputs in reversed(self.encoder.widths):
            convolution = nn.Conv2d(inputs, outputs, 3, padding=1, padding_mode="reflect")
            self.up.append(nn.Sequential(nn.Upsample(scale_factor=2), *_normalised(convolution)))
            self.fuse.append(fusion_layer(outputs))
            inputs = outputs
        self.head = _normalised(nn.Conv2d(inputs, 3, 1))
        self.fuse_input = fusion_layer(3)
        for module in self.modules():
            if isinstance(module, nn.Conv2d) and module not in (*self.fuse, self.fuse_input):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")

    def forward(self, linear: Tensor) -> Tensor:
        height, width = linear.shape[-2:]
        linear = _padded(linear)
        features, skips = self.encoder(linear, lambda features: features / 255)
        features = self.bottom(features)
        for up, fuse, skip in zip(self.up, self.fuse, reversed(skips), strict=True):
            features = fuse(torch.cat([up(features), skip], 1))
        output = self.fuse_input(torch.cat([self.head(features), linear], 1))
        return F.relu(output)[..., :height, :width]


def sobel_edges(x: Tensor) -> Tensor:
    """Vertical and horizontal derivative of each channel in turn, `(N, C, H, W)` to `(N, 2 C, H, W)`."""
    vertical = x.new_tensor([[-1, -2, -1], [0, 0, 0], [1, 2, 1]])
    kernels = torch.stack([vertical, vertical.T]).repeat(x.shape[1], 1, 1)[:, None]
    return F.conv2d(F.pad(x, (1, 1, 1, 1), mode="replicate"), kernels, groups=x.shape[1])


def soft_histogram(x: Tensor, bins: int) -> Tensor:
    """How far each value in [0, 1] belongs to each bin, `(N, C, H, W)` to `(N, bins C, H, W)`, bin after bin.

    It falls linearly from 1 at the bin's centre to 0 at the centres of its neighbours.
    """
    centres = (torch.arange(bins, device=x.device, dtype=x.dtype) + 0.5) / bins
    distance = (x[:, None] - centres.view(-1, 1, 1, 1)).abs()
    return F.relu(1 - bins * distance).flatten(1, 2)


def inverse_response(coefficients: Tensor, mean: Tensor, basis: Tensor) -> Tensor:
    """Inverse responses of the linear model, `(N, K)`, `(L,)` and `(K, L)` to `(N, L)`; they may fall."""
    return mean + coefficients @ basis


def monotone(g: Tensor) -> Tensor:
    """Tables that never fall and end at 1, `(N, L)` to the same; each must end above its first entry.

    The slope of the steepest fall, if any, is subtracted from all slopes.
    """
    slopes = F.pad(g.diff(dim=-1), (1, 0))  # the first is 0, so that the least is never positive
    rising = (slopes - slopes.amin(-1, keepdim=True)).cumsum(-1)
    return rising / rising[..., -1:]


def over_exposed(linear: Tensor, threshold: float = THRESHOLD) -> Tensor:
    """Weight in [0, 1] of the brightest channel of linear light, `(N, 3, H, W)` to `(N, 1, H, W)`."""
    return F.relu(linear.amax(1, keepdim=True) - threshold) / (1 - threshold)


def _padded(x: Tensor) -> Tensor:
    height, width = x.shape[-2:]
    return F.pad(x, (0, -width % 32, 0, -height % 32), mode="replicate")


def _layer(inputs: int, outputs: int, kernel: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2), nn.LeakyReLU(0.1))


def _normalised(convolution: nn.Conv2d) -> nn.Sequential:
    return nn.Sequential(convolution, nn.BatchNorm2d(convolution.out_channels), nn.ReLU())
