"""Losses of the radiance network: in log light and in perceptually uniform values; clipped pixels count twice."""

import torch
from torch import Tensor

from metahdr.metrics.pu21 import pu21

FLOOR = 2.0**-9  # less light counts as this in a logarithm: the lowest few values of 8 bits are mostly noise
_WHITE = 1000.0  # cd/m^2 of the truth's 99.9th percentile, as the metrics show it


def radiance_loss(prediction: Tensor, truth: Tensor) -> dict[str, Tensor]:
    """The terms of the loss, to be added.

    `log`: l1 in stops, over all pixels and again over those with a clipped channel, so that small lamps count.
    `colour`: where a channel is clipped, l1 of the differences between channels in stops. `gradient`: l1 of the
    differences between neighbours in stops, at full, half and quarter size, over all pixels and again over clipped
    ones. `pu`: absolute and squared errors of PU21 values, which metrics of human vision are made of.

    Args:
        prediction, truth: light of exposures that clip at 1.0, `(N, 3, H, W)`.
    """
    ours, true = ((image + FLOOR).log2() for image in (prediction, truth))
    clipped = (truth.amax(1, keepdim=True) >= 1).float()
    errors = (ours - true).abs().mean(1, keepdim=True)
    difference = ours - true
    chroma = (difference - difference.mean(1, keepdim=True)).abs().mean(1, keepdim=True)
    scale = _WHITE / truth.mean(1).flatten(1).quantile(0.999, dim=1).clamp(min=1e-3)
    encoded = [pu21(image * scale[:, None, None, None]) / 100 for image in (prediction, truth)]
    seen = (encoded[0] - encoded[1]).abs()
    return {
        "log": errors.mean() + _mean(errors, clipped),
        "colour": 0.5 * _mean(chroma, clipped),
        "gradient": sum(_gradient(ours, true, clipped, size) for size in (1, 2, 4)) / 6,
        "pu": (seen + seen.square()).mean(),
    }


def response_loss(table: Tensor, truth: Tensor) -> Tensor:
    """l1 in stops between two inverse responses `(N, TABLE_SIZE)`; light below about 2^-7 hardly counts."""
    return ((table + 2.0**-7).log2() - (truth + 2.0**-7).log2()).abs().mean()


def _mean(values: Tensor, weights: Tensor) -> Tensor:
    """Weighted mean; at least a hundredth of the pixels count, so that a single one does not decide."""
    return (values * weights).sum() / weights.sum().clamp(min=0.01 * weights.numel())


def _gradient(ours: Tensor, true: Tensor, clipped: Tensor, size: int) -> Tensor:
    difference, inside = (torch.nn.functional.avg_pool2d(image, size) for image in (ours - true, clipped))
    total = difference.new_zeros(())
    for axis in (2, 3):
        errors = difference.diff(dim=axis).abs().mean(1, keepdim=True)
        weights = inside.narrow(axis, 1, errors.shape[axis])
        total = total + errors.mean() + 0.5 * _mean(errors, weights)
    return total
