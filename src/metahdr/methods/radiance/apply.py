"""The radiance network applied to an image of any size."""

import torch
from torch import Tensor
from torch.nn import functional as F

from metahdr.camera.curve import Curve
from metahdr.nets.radiance import TABLE_SIZE, RadianceNet, mask
from metahdr.nets.response import apply_response

# Pixels of the longest side that the networks see. They were trained with 96; on validation views of 512 pixels
# the mean of these three is ahead of each of five sizes alone.
SIZES = (128, 256, 512)
STRIP = 256  # rows that are brought to full size at once


def tables(network: RadianceNet, exposure: Tensor, known: Curve | None) -> Tensor:
    """The inverse response as a table `(1, TABLE_SIZE)`: the known one, or that which the network proposes."""
    if known is not None:
        values = torch.linspace(0, 1, TABLE_SIZE, dtype=torch.float64).numpy()
        return torch.from_numpy(known.inverse(values)).to(exposure)[None]
    return network.propose(reduced(exposure))


def reconstruct(network: RadianceNet, exposure: Tensor, known: Curve | None) -> Tensor:
    """Linear light, 1.0 is where the exposure clips, of one exposure `(1, 3, H, W)`; the same shape.

    The residual is the mean of those that the network gives the image at `SIZES`, no larger than the image is.
    """
    table = tables(network, exposure, known)
    linear, clipped = apply_response(exposure, table), mask(exposure)
    residuals = []
    for size in sorted({min(size, max(exposure.shape[2:])) for size in SIZES}):
        seen = reduced(clipped, size)
        # The network learned residuals of clipped pixels alone: elsewhere what it says counts for nothing.
        residuals.append(torch.cat([network.residual(reduced(linear, size), seen) * seen, seen], 1))
    height = exposure.shape[2]
    for top in range(0, height, STRIP):
        rows = slice(top, min(top + STRIP, height))
        enlarged = [_strip(residual, rows, exposure.shape[2:]).chunk(2, 1) for residual in residuals]
        mean = sum(weighted / weight.clamp(min=1e-4) for weighted, weight in enlarged) / len(enlarged)
        linear[:, :, rows] *= (clipped[:, :, rows] * mean).exp()
    return linear


def reduced(image: Tensor, size: int = SIZES[1]) -> Tensor:
    """The image with its longest side at most `size`, averaged over areas."""
    factor = size / max(image.shape[2:])
    if factor >= 1:
        return image
    return F.adaptive_avg_pool2d(image, [max(round(side * factor), 1) for side in image.shape[2:]])


def _strip(image: Tensor, rows: slice, size: torch.Size) -> Tensor:
    """Some rows of the enlarged image, bilinear; the whole, enlarged at once, has the same rows."""
    height, width = image.shape[2:]
    centres = (torch.arange(rows.start, rows.stop, device=image.device) + 0.5) * height / size[0] - 0.5
    position = centres.clamp(0, height - 1)
    above = position.floor().long()
    below, part = (above + 1).clamp(max=height - 1), (position - above).to(image)[:, None]
    few = image[:, :, above] * (1 - part) + image[:, :, below] * part
    return F.interpolate(few, (len(centres), size[1]), mode="bilinear")
