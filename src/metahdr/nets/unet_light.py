"""The U-Net of MetaHDR with a way for the input's own light, which the paper's network does not have."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import Parameter
from torch.nn.functional import softplus

from metahdr.nets.conv import Conv2d
from metahdr.nets.unet import UNet, decode, encode

_FLOOR = 1e-3  # added to x^2: an eighth of the smallest signal above noise
_CLIPS = 0.9  # where the highlights' map begins, which has its full weight at 1
_STRENGTH = 6.0  # of `level`: an inner step moves the level by its square as far as a parameter of strength 1
_SHARP = 4  # of the limit at 1
_START = (-2.0, 1.0, 0.0, 0.0)  # offset, slope, bend and highlights before any training


class UNetLight(UNet):
    """An exposure in [0, 1] to radiance, `(N, 3, H, W)` to the same shape; H and W are multiples of 16.

    The result is a curve of the input, the same for all pixels of an image, and where the input clips also a map:

      log radiance = offset + level + slope l + bend l^2 / 10 + c highlights

    up to where the head ends: with a sigmoid, u = exp(log radiance) becomes u / (1 + u^4)^(1/4), nearly the
    smaller of u and 1, as the target is. The light l is log(x^2), as a plain camera's inverse, less its mean
    over the image, so that the input's exposure cancels. c grows from 0 to 1 where the largest channel does
    from 0.9 to 1, as in HDR-CNN's blending (Eilertsen et al. 2017). Offset, slope and bend are the means of
    maps of the U-Net, one for each channel. What is sharp in the input is so in the result. `level` depends on
    no feature: adaptation moves it most easily, and all exposures of a scene share it.

    Args:
        filters, norm, head: as `UNet` takes them.
    """

    def __init__(self, filters: int, norm: str, head: Callable[[Tensor], Tensor]):
        super().__init__(filters, norm, head)
        self.head = Conv2d(filters, 12, 1)
        with torch.no_grad():
            self.head.bias.copy_(torch.tensor(_START).repeat_interleave(3))
        self.level = Parameter(torch.zeros(3, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        maps = self.head(decode(encode(x, self.down), self.up, self.merge)).chunk(4, 1)
        offset, slope, bend = (each.mean((2, 3), keepdim=True) for each in maps[:3])
        light = (x.square() + _FLOOR).log()
        light = light - light.mean((1, 2, 3), keepdim=True)
        clips = ((x.amax(1, keepdim=True) - _CLIPS) / (1 - _CLIPS)).clamp(min=0)
        curve = offset + _STRENGTH * self.level + slope * light + bend * light.square() / 10
        log_radiance = (curve + clips * maps[3]).clamp(-30, 30)  # outside, the next line is not finite
        return self.to_radiance(-torch.expm1(softplus(-_SHARP * log_radiance) / _SHARP).log())
