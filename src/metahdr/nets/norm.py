"""Normalisation and ReLU: by the batch, with a fast second derivative, or by groups of channels."""

import torch
from torch import Tensor, nn
from torch.autograd import Function
from torch.autograd.function import once_differentiable

_LAST = torch.channels_last
_EPSILON = 1e-5  # added to the variance
_relu_gradient = torch.ops.aten.threshold_backward


def make_norm_relu(kind: str, channels: int) -> nn.Module:
    """Normalisation and ReLU, `(N, C, H, W)` to the same shape.

    Group normalisation (Wu and He 2018) takes the statistics of each image by itself: a prediction does not depend
    on the rest of its batch. It has 8 groups, or the largest number below 8 that divides the channels. After
    convolutions without bias both cancel the level of an image: k x gives what x gives. `level` and `none` do not.

    Args:
        kind: `batch`, `group`, `level` or `none`, which is ReLU alone.
    """
    if kind == "batch":
        return BatchNormReLU(channels)
    if kind == "none":
        return nn.ReLU()
    groups = max(number for number in range(1, 9) if channels % number == 0)
    return nn.Sequential((GroupNormLevel if kind == "level" else nn.GroupNorm)(groups, channels), nn.ReLU())


class GroupNormLevel(nn.GroupNorm):
    """Group normalisation that keeps the level, `(N, C, H, W)` to the same shape.

    What is added is the logarithm of the image's root mean square over all channels, times a learned weight for
    each channel.
    """

    def __init__(self, groups: int, channels: int):
        super().__init__(groups, channels)
        self.of_level = nn.Parameter(torch.full((channels, 1, 1), 0.1))

    def forward(self, x: Tensor) -> Tensor:
        level = (x.square().mean((1, 2, 3), keepdim=True) + _EPSILON).log() / 2
        return super().forward(x) + self.of_level * level


class BatchNormReLU(nn.Module):
    """Batch normalisation and ReLU, `(N, C, H, W)` to the same shape.

    The statistics are the batch's, in training and test. There are no running statistics: clones of a network
    share buffers, so that the forward pass of an adapted clone would change the original. A prediction thus
    depends on the whole batch (transductive). Values and derivatives are those of `nn.ReLU` after
    `nn.BatchNorm2d(track_running_stats=False)`; the second derivative is written out, because PyTorch's takes a
    large part of the meta-gradient's time.
    """

    def __init__(self, channels: int):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        return _BatchNormReLU.apply(x.contiguous(memory_format=_LAST), self.weight, self.bias)


class _BatchNormReLU(Function):
    """y = max(w n + b, 0), n = r (x - mean x), r = 1 / sqrt(var x + epsilon); means are over batch, H and W."""

    @staticmethod
    def forward(ctx, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        y, mean, r = torch.native_batch_norm(x, weight, bias, None, None, True, 0.0, _EPSILON)
        y.relu_()
        ctx.save_for_backward(x, weight, mean, r, y)
        return y

    @staticmethod
    def backward(ctx, g: Tensor) -> tuple[Tensor | None, ...]:
        g = g.contiguous(memory_format=_LAST)
        return _BatchNormReLUBackward.apply(g, *ctx.saved_tensors)


class _BatchNormReLUBackward(Function):
    """The gradients of x, w and b: r w (g - mean g - n c), N c and N mean g.

    N is the number of pixels, g the gradient of y where y > 0 and 0 elsewhere, c = mean(g n). With u, uw and ub
    the gradients of these three outputs and a = mean(u n), those of the inputs are
      of g: r w (u - mean u - n a) + uw n + ub, where y > 0
      of x: - w r^2 c (u - mean u) + (uw r - w r^2 a) (g - mean g) + n k,
            k = w r^2 (3 a c - mean(u g) + mean u mean g) - uw r c
      of w: N r (mean(u g) - mean u mean g - a c)
    The first term of the gradient of g is the first-order gradient of x, with u in place of g.
    """

    @staticmethod
    def forward(ctx, g: Tensor, x: Tensor, weight: Tensor, mean: Tensor, r: Tensor, y: Tensor):
        g = _relu_gradient(g, y, 0)
        to_x, to_weight, to_bias = _gradients(g, x, weight, mean, r)
        ctx.save_for_backward(g, x, weight, mean, r, y, to_weight, to_bias)
        return to_x, to_weight, to_bias

    @staticmethod
    @once_differentiable
    def backward(ctx, u: Tensor, u_weight: Tensor, u_bias: Tensor):
        g, x, weight, mean, r, y, g_normalised, g_sum = ctx.saved_tensors
        count = g.numel() / g.shape[1]
        u = u.contiguous(memory_format=_LAST)
        to_g, u_normalised, u_sum = _gradients(u, x, weight, mean, r)
        a, c, u_mean, g_mean = (total / count for total in (u_normalised, g_normalised, u_sum, g_sum))
        u_row, g_row, x_row = _rows(u), _rows(g), _rows(x)
        covariance = (u_row * g_row).sum(0).view(-1, g.shape[1]).sum(0) / count - u_mean * g_mean
        of_x = u_weight * r  # n = r (x - mean) is not stored: terms in n become terms in x and constants
        of_u, of_g = -weight * r**2 * c, u_weight * r - weight * r**2 * a
        of_n = r * (weight * r**2 * (3 * a * c - covariance) - u_weight * r * c)
        constant = -of_u * u_mean - of_g * g_mean - of_n * mean
        factors = [of_x, u_bias - mean * of_x, of_u, of_g, of_n, constant]
        of_x, shift, of_u, of_g, of_n, constant = torch.stack(factors).repeat(1, g.shape[3])
        to_g = to_g.contiguous(memory_format=_LAST)  # no copy on a CPU, where it is already
        _rows(to_g).add_(torch.addcmul(shift, x_row, of_x))
        to_g = _relu_gradient(to_g, y, 0)
        to_x = torch.addcmul(constant, u_row, of_u).addcmul_(g_row, of_g).addcmul_(x_row, of_n)
        to_x = to_x.view(g.permute(0, 2, 3, 1).shape).permute(0, 3, 1, 2)
        return to_g, to_x, count * r * (covariance - a * c), None, None, None


def _gradients(g: Tensor, x: Tensor, weight: Tensor, mean: Tensor, r: Tensor):
    backward = torch.ops.aten.native_batch_norm_backward
    return backward(g, x, weight, None, None, mean, r, True, _EPSILON, [True] * 3)


def _rows(image: Tensor) -> Tensor:
    """A view `(N H, W C)` of a channels-last image; its long rows make elementwise operations fast."""
    n, c, h, w = image.shape
    return image.permute(0, 2, 3, 1).view(n * h, w * c)
