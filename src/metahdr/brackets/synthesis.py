"""The differentiable HDR synthesis layer (Kim, Lee and Kang 2020, "Differentiable HDR image synthesis using
multi-exposure images").

Debevec and Malik's merge (1997) as a layer: through it a loss of the HDR image trains the network that makes the
exposures. The curve is kept smooth by a penalty, where `merge.py`, which is for photographs, has a prior.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from metahdr.images.files import HALF_MAX

VALUES = 256  # of a pixel of 8 bits
MIDDLE = 128  # the value at which every curve is 0 before all are shifted together
_SAMPLES = 256  # of each exposure
_RIDGE = 1e-11  # keeps a curve flat where there are no samples
_MOST = math.log(HALF_MAX)
_BLIND = 1e-4  # sum of weights below which no exposure shows the pixel
_ROUNDING = 1e-3  # of a value: 8 bits divided by 255 and multiplied again may be off by the last bit


def hat(z: Tensor) -> Tensor:
    """The triangle 1 - |2 z - 1| of values in [0, 1] (Debevec and Malik 1997, equation 4, with 1 at the top)."""
    return 1 - (2 * z - 1).abs()


@torch.no_grad()
def estimate_response(stack: Tensor, evs: Sequence[float] | Tensor, smoothness: float = 400.0) -> Tensor:
    """The log inverse response of each image and channel: g of equation 1, by least squares; it has no gradient.

    A sample is one rank of the sorted pixels: its values in all exposures show the same light (Grossberg and Nayar
    2003). What is minimised is Debevec and Malik's sum, weight^2 (g(Z) - ln E - EV ln 2)^2 over samples plus
    smoothness weight^2 g''^2 over values; equation 1 leaves out the weight, `hat`. Where the stack contradicts
    itself g may fall. g(128) is the same in all channels, so that grey stays grey; the mean of their g(255) is 0.

    Args:
        stack: values in [0, 1], `(N, E, C, H, W)`.
        evs: stops of the E exposures.
        smoothness: lambda; 20^2 is the published code's.

    Returns:
        `(N, C, 256)`. Without evidence, as from one exposure, it is 0.
    """
    samples = _samples(stack)
    images, channels, exposures, _ = samples.shape
    pairs = samples.transpose(2, 3).reshape(images * channels, -1, exposures)
    weight = hat(pairs.double() / (VALUES - 1)).square()
    total = weight.sum(-1, keepdim=True).clamp(min=_RIDGE)
    log_time = math.log(2) * torch.as_tensor(evs, device=stack.device, dtype=weight.dtype)
    centred = log_time - (weight * log_time).sum(-1, keepdim=True) / total

    # ln E of a sample is the weighted mean of g(Z) - EV ln 2, so that only g is unknown
    blank = weight.new_zeros(len(pairs), _SAMPLES, VALUES)
    design = blank.scatter_add(-1, pairs, weight)
    right = blank.scatter_add(-1, pairs, weight * centred).sum(1)
    normal = torch.diag_embed(design.sum(1)) - design.transpose(1, 2) @ (design / total)
    values = torch.arange(VALUES, device=stack.device, dtype=weight.dtype) / (VALUES - 1)
    identity = torch.eye(VALUES, device=stack.device, dtype=weight.dtype)
    bends = hat(values[1:-1])[:, None] * identity.diff(n=2, dim=0)
    normal += smoothness * bends.T @ bends + _RIDGE * identity
    normal[:, MIDDLE, MIDDLE] += 1
    g = torch.linalg.solve(normal, right).view(images, channels, VALUES)
    return (g - g[..., -1:].mean(1, keepdim=True)).to(stack.dtype)


def log_exposure(z: Tensor, g: Tensor) -> Tensor:
    """g at pixel values, linear between whole ones (equation 3).

    The derivative by Z = 255 z is g(ceil Z) - g(ceil Z - 1), as in equation 3 at whole values. At Z = 0 it is
    g(0); `synthesise` gives an exact 0 no weight where another exposure has one.

    Args:
        z: values in [0, 1], `(N, E, C, H, W)`.
        g: one curve `(256,)`, one per channel `(C, 256)`, or `(N, C, 256)`.
    """
    position = (VALUES - 1) * z
    value = (position.detach() - _ROUNDING).ceil().long()
    images, _, channels = z.shape[:3]
    curves = torch.arange(images * channels, device=z.device).view(images, 1, channels, 1, 1)
    slope = torch.cat([g[..., :1], g.diff()], -1)
    at, steep = (table.expand(images, channels, VALUES).flatten()[value + VALUES * curves] for table in (g, slope))
    return at + (position - value) * steep


def synthesise(stack: Tensor, evs: Sequence[float] | Tensor, g: Tensor) -> Tensor:
    """The HDR image: exp of the mean of g(Z) - EV ln 2 (equation 2), weighted by `hat`.

    No gradient passes through the weights. Where all of them are 0, the darkest exposure is taken if the stack is
    bright there, and the brightest if it is dark.

    Args:
        stack: values in [0, 1], `(N, E, C, H, W)`.
        evs: stops of the E exposures.
        g: as `log_exposure` takes it.

    Returns:
        Linear light `(N, C, H, W)`; with g(255) = 0, the white of EV 0 is 1.
    """
    evs = torch.as_tensor(evs, device=stack.device, dtype=stack.dtype)
    radiance = log_exposure(stack, g) - math.log(2) * evs.view(-1, 1, 1, 1)
    values = stack.detach()
    weight = hat(values)
    total = weight.sum(1)
    mean = (weight * radiance).sum(1) / total.clamp(min=_BLIND)
    bound = torch.where(values.mean(1) > 0.5, radiance[:, evs.argmin()], radiance[:, evs.argmax()])
    # The curve of a stack that hardly shows anything is wild; the light is cut at the largest half float.
    return torch.where(total > _BLIND, mean, bound).clamp(max=_MOST).exp()


def _samples(stack: Tensor) -> Tensor:
    """Pixel values of evenly spaced ranks, each of one radiance, `(N, E, C, H, W)` to `(N, C, E, 256)`."""
    values = ((VALUES - 1) * stack).round().long().transpose(1, 2).flatten(3)
    planes = values.shape[:-1]
    offset = VALUES * torch.arange(planes.numel(), device=stack.device).view(*planes, 1)
    count = torch.bincount((values + offset).flatten(), minlength=VALUES * planes.numel()).view(*planes, VALUES)
    ranks = torch.arange(_SAMPLES, device=stack.device) * (values.shape[-1] - 1) // (_SAMPLES - 1)
    return torch.searchsorted(count.cumsum(-1), ranks.expand(*planes, -1).contiguous(), right=True)
