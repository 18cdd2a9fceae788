"""The radiance network applied to an image of any size."""

import torch
from torch import Tensor
from torch.nn import functional as F

from metahdr.camera.curve import Curve
from metahdr.nets.radiance import LEVELS, RadianceNet, linearise, mask

WORKING_SIZE = 512  # pixels of the longest side that the networks see
STRIP = 256  # rows that are brought to full size at once


def tables(network: RadianceNet, exposure: Tensor, known: Curve | None) -> Tensor:
    """The inverse response as a table `(1, LEVELS)`: the known one, or that which the network proposes."""
    if known is not None:
        values = torch.linspace(0, 1, LEVELS, dtype=torch.float64).numpy()
        return torch.from_numpy(known.inverse(values)).to(exposure)[None]
    return network.propose(reduced(exposure))


def reconstruct(network: RadianceNet, exposure: Tensor, known: Curve | None) -> Tensor:
    """Linear light, 1.0 is where the exposure clips, of one exposure `(1, 3, H, W)`; the same shape."""
    table = tables(network, exposure, known)
    linear, clipped = linearise(exposure, table), mask(exposure)
    seen = reduced(clipped)
    residual = network.residual(reduced(linear), seen)
    if seen.shape == clipped.shape:
        return linear * (clipped * residual).exp()
    # The residual counts where something is clipped; elsewhere the network was never told what to say.
    sums, height = torch.cat([residual * seen, seen], 1), exposure.shape[2]
    for top in range(0, height, STRIP):
        rows = slice(top, min(top + STRIP, height))
        weighted, weight = _strip(sums, rows, exposure.shape[2:]).chunk(2, 1)
        linear[:, :, rows] *= (clipped[:, :, rows] * weighted / weight.clamp(min=1e-4)).exp()
    return linear


def reduced(image: Tensor) -> Tensor:
    """The image with its longest side at most `WORKING_SIZE`, averaged over areas."""
    factor = WORKING_SIZE / max(image.shape[2:])
    if factor >= 1:
        return image
    return F.adaptive_avg_pool2d(image, [max(round(side * factor), 1) for side in image.shape[2:]])


def _strip(image: Tensor, rows: slice, size: torch.Size) -> Tensor:
    """Some rows of the image brought to a larger size, bilinear: the same as those rows of the whole."""
    height, width = image.shape[2:]
    centres = (torch.arange(rows.start, rows.stop, device=image.device) + 0.5) * height / size[0] - 0.5
    position = centres.clamp(0, height - 1)
    above = position.floor().long()
    below, part = (above + 1).clamp(max=height - 1), (position - above).to(image)[:, None]
    few = image[:, :, above] * (1 - part) + image[:, :, below] * part
    return F.interpolate(few, (len(centres), size[1]), mode="bilinear")
