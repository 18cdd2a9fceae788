"""Adaptation of the radiance network to a place: its head moves as far as meta-learning found good.

In closed form: what the head adds for a feature is corrected by ridge regression on the pixels that a long
exposure clipped and a shorter one shows. The prior of the correction is meta-learned through the closed form
(Bertinetto et al. 2019, section 3): a precision for each feature, and how much an exposure's pixels count, since
neighbours are alike.
Without evidence the correction is 0, so that the method before adaptation is the jointly trained network itself.
"""

from collections.abc import Sequence
from copy import deepcopy
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from metahdr.methods.radiance.apply import reduced
from metahdr.nets.radiance import RadianceNet, linearise, mask

STEPS = 5  # of the control's gradient descent
PIXELS = 400  # of one exposure, evenly chosen among the clipped ones
_SHOWN = 0.98  # of the darkest exposure's clipping point: what is brighter, no exposure shows
_FLOOR = 1e-3  # light below counts as this in a logarithm


class Evidence(NamedTuple):
    """Clipped pixels of one exposure.

    Attributes:
        features: of the network, with a 1 for the bias, `(P, FEATURES + 1)`.
        residual: the true log light above the linearised value, at least 0, `(P, 3)`.
        known: 1 where a channel is clipped here and a shorter exposure shows it, else 0, `(P, 3)`.
        clipped: the mask, `(P, 3)`.
        linear, light: the linearised exposure and the truth, `(P, 3)`.
    """

    features: Tensor
    residual: Tensor
    known: Tensor
    clipped: Tensor
    linear: Tensor
    light: Tensor


@torch.no_grad()
def observe(network: RadianceNet, exposure: Tensor, table: Tensor, light: Tensor, shown: float) -> Evidence | None:
    """What an exposure with known light tells; None where nothing is clipped.

    Args:
        exposure: `(1, 3, H, W)` in [0, 1].
        table: the inverse response, `(1, TABLE_SIZE)`.
        light: 1.0 is where the exposure clips, `(1, 3, H, W)`.
        shown: the light up to which the shortest exposure shows it.
    """
    linear, clipped, light = (reduced(image) for image in (linearise(exposure, table), mask(exposure), light))
    places = (clipped[0].amax(0).flatten() >= 1).nonzero()[:, 0]
    if not len(places):
        return None
    places = places[torch.linspace(0, len(places) - 1, min(PIXELS, len(places))).round().long()]
    features = network.highlights(linear, clipped)
    features, linear, clipped, light = (
        image[0].flatten(1).T[places].float() for image in (features, linear, clipped, light)
    )
    residual = (light.clamp(min=_FLOOR) / linear.clamp(min=_FLOOR)).log().clamp(min=0)
    known = ((clipped > 0.5) & (light < _SHOWN * shown)).float()
    return Evidence(F.pad(features, (0, 1), value=1.0), residual, known, clipped, linear, light)


def correction(network: RadianceNet, evidence: Sequence[Evidence]) -> Tensor:
    """The change of the head's weights and bias, alike for all channels, `(FEATURES + 1,)`; differentiable in the
    prior's parameters.

    One Gauss-Newton step from the joint head, for softplus is nearly linear where pixels are clipped.
    """
    prior, head = network.prior, joint_head(network)
    square, right = torch.diag(prior.precision.exp()), torch.zeros_like(prior.precision)
    for seen in evidence:
        count = seen.known.sum()
        if count < 1:
            continue
        output = seen.features @ head.T
        slope = torch.sigmoid(output).clamp(min=0.05)
        rows = seen.features[:, None] * slope[..., None]  # (P, 3, FEATURES + 1)
        weight = prior.evidence.exp() * seen.known.mean() / count
        weighted = rows * seen.known[..., None]
        square = square + weight * torch.einsum("pcf,pcg->fg", weighted, rows)
        right = right + weight * torch.einsum("pcf,pc->f", weighted, seen.residual - F.softplus(output))
    return torch.linalg.solve(square, right)


def joint_head(network: RadianceNet) -> Tensor:
    """The head's weights and bias as one matrix, `(3, FEATURES + 1)`."""
    return torch.cat([network.head.weight[:, :, 0, 0], network.head.bias[:, None]], 1).detach()


def adapted(network: RadianceNet, change: Tensor) -> RadianceNet:
    """A copy of the network with the head changed."""
    network = deepcopy(network)
    with torch.no_grad():
        network.head.weight += change[None, :-1, None, None]
        network.head.bias += change[-1]
    return network


def fine_tuned(
    network: RadianceNet, exposures: Tensor, table: Tensor, lights: Tensor, shown: Sequence[float], rate: float
) -> RadianceNet:
    """A copy of the network after steps of plain gradient descent on a support set: the control of adaptation.

    Args:
        exposures: `(S, 3, H, W)` in [0, 1].
        table: the inverse response, `(1, TABLE_SIZE)`.
        lights: 1.0 is where each exposure clips, `(S, 3, H, W)`.
        shown: of each exposure, the light up to which the shortest exposure shows it.
        rate: of the descent.
    """
    network = deepcopy(network)
    parameters = [*network.highlights.parameters(), *network.head.parameters()]
    linear, clipped = linearise(exposures, table.expand(len(exposures), -1)), mask(exposures)
    limits = lights.new_tensor(shown).view(-1, 1, 1, 1)
    known = (clipped > 0.5) & (lights < _SHOWN * limits)
    residual = (lights.clamp(min=_FLOOR) / linear.clamp(min=_FLOOR)).log().clamp(min=0)
    for _ in range(STEPS):
        error = (network.residual(linear, clipped) - residual).abs()
        gradients = torch.autograd.grad((error * known).sum() / known.sum().clamp(min=1), parameters)
        with torch.no_grad():
            for parameter, gradient in zip(parameters, gradients, strict=True):
                parameter -= rate * gradient
    return network
