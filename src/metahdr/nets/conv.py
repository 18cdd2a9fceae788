"""Convolutions with a fast second derivative, which second-order MAML needs."""

import torch
from torch import Tensor, nn
from torch.autograd import Function
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

_LAST = torch.channels_last


class Conv2d(nn.Conv2d):
    """`nn.Conv2d` in channels-last order with zero padding and one group; its second derivative is written out.

    PyTorch's own second derivative computes the gradient of the weights' gradient as a convolution whose kernel
    has the size of the image, for which it has no fast implementation.
    """

    def forward(self, x: Tensor) -> Tensor:
        if self.kernel_size == (1, 1):  # as a matrix product it is faster
            return F.linear(x.permute(0, 2, 3, 1), self.weight.flatten(1), self.bias).permute(0, 3, 1, 2)
        geometry = (self.stride, self.padding, self.dilation, False, (0, 0), 1)
        return _Convolution.apply(x.contiguous(memory_format=_LAST), self.weight, self.bias, geometry)


class ConvTranspose2d(nn.ConvTranspose2d):
    """`nn.ConvTranspose2d`, as `Conv2d` is `nn.Conv2d`."""

    def forward(self, x: Tensor) -> Tensor:
        geometry = (self.stride, self.padding, self.dilation, True, self.output_padding, 1)
        return _Convolution.apply(x.contiguous(memory_format=_LAST), self.weight, self.bias, geometry)


class _Convolution(Function):
    """y = w * x + b."""

    @staticmethod
    def forward(ctx, x: Tensor, weight: Tensor, bias: Tensor | None, geometry: tuple) -> Tensor:
        ctx.geometry = geometry
        ctx.save_for_backward(x, weight)
        return torch.convolution(x, weight, bias, *geometry)

    @staticmethod
    def backward(ctx, g: Tensor) -> tuple[Tensor | None, ...]:
        g = g.contiguous(memory_format=_LAST)
        return *_ConvolutionBackward.apply(g, *ctx.saved_tensors, ctx.geometry, ctx.needs_input_grad[:3]), None


class _ConvolutionBackward(Function):
    """The gradients of x, w and b, which are linear in the gradient g of y.

    With u, uw and ub the gradients of these three outputs, those of the inputs are
      of g: w * u + uw * x + ub
      of x: the first-order gradient of x, with uw in place of w
      of w: the first-order gradient of w, with u in place of x
    """

    @staticmethod
    def forward(ctx, g: Tensor, x: Tensor, weight: Tensor, geometry: tuple, needed: tuple[bool, ...]):
        ctx.geometry = geometry
        ctx.save_for_backward(g, x, weight)
        ctx.set_materialize_grads(False)
        return _gradients(g, x, weight, geometry, needed)

    @staticmethod
    @once_differentiable
    def backward(ctx, u: Tensor | None, u_weight: Tensor | None, u_bias: Tensor | None):
        g, x, weight = ctx.saved_tensors
        needs_x, needs_weight = ctx.needs_input_grad[1:3]
        to_g = None
        if u is not None:
            u = u.contiguous(memory_format=_LAST)
            to_g = torch.convolution(u, weight, u_bias, *ctx.geometry)
        if u_weight is not None:
            u_weight = u_weight.contiguous(memory_format=_LAST)
            bias = u_bias if u is None else None
            by_weight = torch.convolution(x, u_weight, bias, *ctx.geometry)
            to_g = by_weight if to_g is None else to_g.add_(by_weight)
        if to_g is None and u_bias is not None:
            to_g = u_bias.view(1, -1, 1, 1).expand_as(g)
        needed = (needs_x and u_weight is not None, needs_weight and u is not None, False)
        to_x = to_weight = None
        if any(needed):
            image, kernels = x if u is None else u, weight if u_weight is None else u_weight
            to_x, to_weight, _ = _gradients(g, image, kernels, ctx.geometry, needed)
        return to_g, to_x, to_weight, None, None


def _gradients(g: Tensor, x: Tensor, weight: Tensor, geometry: tuple, needed: tuple[bool, ...]):
    return torch.ops.aten.convolution_backward(g, x, weight, [g.shape[1]], *geometry, needed)
