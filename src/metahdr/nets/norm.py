"""Normalisation for meta-learning: by the batch, or by groups of an image's own channels."""

import torch
from torch import Tensor, nn
from torch.autograd import Function
from torch.autograd.function import once_differentiable


def make_norm(kind: str, channels: int) -> nn.Module:
    """A layer `(N, C, H, W)` to the same: `batch`, `BatchNorm`; `group`, group normalisation (Wu and He 2018).

    Group normalisation looks at one image at a time: a prediction does not depend on the rest of its batch. It has
    8 groups, or the largest divisor of the channels below.
    """
    if kind == "batch":
        return BatchNorm(channels)
    groups = max(number for number in range(1, 9) if channels % number == 0)
    return nn.GroupNorm(groups, channels)


class BatchNorm(nn.Module):
    """Batch normalisation by the batch's own statistics, always; `(N, C, H, W)` to the same.

    No running statistics are kept: learn2learn's clones share buffers, so an adapted clone's forward pass would
    change the original's. What the network makes of an image thus depends on the whole batch (transductive).
    Equal to `nn.BatchNorm2d(track_running_stats=False)` up to the second derivative, which is written out,
    because PyTorch's own takes a seventh of the meta-gradient's time.
    """

    def __init__(self, channels: int, epsilon: float = 1e-5):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.epsilon = epsilon

    def forward(self, x: Tensor) -> Tensor:
        return _BatchNorm.apply(x, self.weight.view(1, -1, 1, 1), self.bias.view(1, -1, 1, 1), self.epsilon)


def _mean(image: Tensor) -> Tensor:
    return image.mean((0, 2, 3), keepdim=True)


class _BatchNorm(Function):
    """y = w n + b, n = r (x - mean x), r = 1 / sqrt(var x + epsilon); means are over batch and image."""

    @staticmethod
    def forward(ctx, x: Tensor, weight: Tensor, bias: Tensor, epsilon: float) -> Tensor:
        centred = x - _mean(x)
        r = torch.rsqrt(_mean(centred.square()) + epsilon)  # torch.var_mean takes ten times as long
        normalised = centred.mul_(r)
        ctx.save_for_backward(x, weight, normalised, r)
        return torch.addcmul(bias, normalised, weight)

    @staticmethod
    def backward(ctx, g: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        return *_BatchNormBackward.apply(g, *ctx.saved_tensors), None


class _BatchNormBackward(Function):
    """The gradients of x, w and b: r w (g - mean g - n c), N c and N mean g, where c = mean(g n), for N pixels.

    Its own derivative, with u, uw and ub the gradients of these three and a = mean(u n):
      of g: r w (u - mean u) + n (uw - r w a) + ub
      of x: - w r^2 c u + (uw r - w r^2 a) g + n (w r^2 (3 a c - mean(u g) + mean u mean g) - uw r c) + constant
      of w: N r (mean(u g) - mean u mean g - a c)
    """

    @staticmethod
    def forward(ctx, g: Tensor, x: Tensor, weight: Tensor, normalised: Tensor, r: Tensor):
        mean, c = _mean(g), _mean(g * normalised)
        ctx.save_for_backward(g, weight, normalised, r, mean, c)
        pixels = g.numel() / g.shape[1]
        to_x = torch.addcmul(g - mean, normalised, c, value=-1).mul_(r * weight)
        return to_x, c * pixels, mean * pixels

    @staticmethod
    @once_differentiable
    def backward(ctx, u: Tensor, u_weight: Tensor, u_bias: Tensor):
        g, weight, normalised, r, g_mean, c = ctx.saved_tensors
        u_mean, a, ug = _mean(u), _mean(u * normalised), _mean(u * g)
        scale = r * weight
        to_g = torch.addcmul(u_bias - scale * u_mean, u, scale).addcmul_(normalised, u_weight - scale * a)
        of_u, of_g = -scale * r * c, u_weight * r - scale * r * a
        of_n = scale * r * (3 * a * c - ug + u_mean * g_mean) - u_weight * r * c
        to_x = torch.addcmul(-of_u * u_mean - of_g * g_mean, u, of_u).addcmul_(g, of_g).addcmul_(normalised, of_n)
        to_weight = r * (ug - u_mean * g_mean - a * c) * (g.numel() / g.shape[1])
        return to_g, to_x, to_weight, None, None
