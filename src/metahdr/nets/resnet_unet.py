"""A U-Net over a frozen ResNet-18 (He et al. 2016): the second network of the MetaHDR authors' published code."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

import metahdr.nets.torchvision_cpu  # noqa: F401  before torchvision
from metahdr.nets.conv import Conv2d, ConvTranspose2d
from metahdr.nets.imagenet import normalised
from metahdr.nets.unet import block, decode

from torchvision.models import resnet18  # noqa: E402, I001  isort: skip
from torchvision.ops.misc import FrozenBatchNorm2d  # noqa: E402  isort: skip


class ResNetUNet(nn.Module):
    """An exposure in [0, 1] to radiance, `(N, 3, H, W)` to the same shape.

    The encoder is ResNet-18 on ImageNet-normalised images. Its weights and the statistics of its batch
    normalisation never change: the meta-parameters are the decoder's alone. The decoder is `UNet`'s, with skip
    connections at every scale from 1/16 to that of the normalised image. An image whose sides are no multiples of
    32 is padded at the right and the bottom by its border, and the result is cropped.

    Args:
        filters: channels of the decoder at full resolution; they double at 1/2, 1/4, 1/8 and 1/16. The authors'
            code has 16.
        norm: of the decoder, as `make_norm_relu` takes it.
        head: as `UNet` takes it.
    """

    def __init__(self, filters: int, norm: str, head: Callable[[Tensor], Tensor]):
        super().__init__()
        self.encoder = resnet18(norm_layer=FrozenBatchNorm2d).requires_grad_(False)
        self.encoder.fc = nn.Identity()
        skips, widths = [256, 128, 64, 64, 3], [filters * 2**level for level in range(4, -1, -1)]
        self.up = nn.ModuleList(
            ConvTranspose2d(deep, shallow, 2, stride=2)
            for deep, shallow in zip([512, *widths], widths, strict=False)
        )
        self.merge = nn.ModuleList(block(w + skip, w, norm) for w, skip in zip(widths, skips, strict=True))
        self.head = Conv2d(filters, 3, 1)
        self.to_radiance = head
        self.to(memory_format=torch.channels_last)

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[2:]
        x = F.pad(x, (0, -width % 32, 0, -height % 32), mode="replicate")
        return self.to_radiance(self.head(decode(self._features(x), self.up, self.merge)))[..., :height, :width]

    def _features(self, x: Tensor) -> list[Tensor]:
        """The normalised image, and ResNet-18's features at 1/2, 1/4, 1/8, 1/16 and 1/32."""
        net = self.encoder
        features = [normalised(x)]
        features.append(net.relu(net.bn1(net.conv1(features[0]))))
        features.append(net.layer1(net.maxpool(features[-1])))
        for layer in (net.layer2, net.layer3, net.layer4):
            features.append(layer(features[-1]))
        return features
