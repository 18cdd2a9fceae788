"""ExpandNet (Marnerides et al. 2018, "ExpandNet: a deep convolutional neural network for HDR expansion")."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

GLOBAL_SIZE = 256  # width and height of the global branch's input


class ExpandNet(nn.Module):
    """One LDR exposure in [0, 1] to relative linear light in (0, 1), `(N, 3, H, W)` to the same.

    Three branches are concatenated at every pixel and joined by 1x1 convolutions: a local one of 3x3 convolutions,
    a middle one of dilated convolutions, and a global one on the image scaled to 256x256. 456,899 parameters. The
    modules have the names of the authors' weights.
    """

    def __init__(self):
        super().__init__()
        self.local_net = nn.Sequential(_layer(3, 64), _layer(64, 128))
        self.mid_net = nn.Sequential(
            _layer(3, 64, dilation=2),
            *(_layer(64, 64, dilation=2) for _ in range(2)),
            nn.Conv2d(64, 64, 3, padding=2, dilation=2),
        )
        self.glob_net = nn.Sequential(
            _layer(3, 64, stride=2), *(_layer(64, 64, stride=2) for _ in range(5)), nn.Conv2d(64, 64, 4)
        )
        self.end_net = nn.Sequential(
            nn.Sequential(nn.Conv2d(256, 64, 1), nn.SELU()), nn.Conv2d(64, 3, 1), nn.Sigmoid()
        )

    def forward(self, x: Tensor) -> Tensor:
        resized = F.interpolate(x, (GLOBAL_SIZE, GLOBAL_SIZE), mode="bilinear", align_corners=False)
        everywhere = self.glob_net(resized).expand(-1, -1, *x.shape[-2:])
        return self.end_net(torch.cat([self.local_net(x), self.mid_net(x), everywhere], 1))


def _layer(inputs: int, outputs: int, stride: int = 1, dilation: int = 1) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, stride, dilation, dilation), nn.SELU())
