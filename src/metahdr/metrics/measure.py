"""Every metric of one reconstruction, in each of its alignments and regions."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from metahdr.config.photometry import Photometry
from metahdr.metrics.alignment import align
from metahdr.metrics.metric import Metric, clipped_pixels
from metahdr.metrics.photometry import cd_m2
from metahdr.metrics.protocols import PAPER


class Value(NamedTuple):
    """One number: NaN where the region has no pixel."""

    metric: str
    alignment: str
    region: str
    value: float


@torch.inference_mode()
def measure(
    prediction: Tensor,
    truth: Tensor,
    exposure: Tensor,
    metrics: Sequence[Metric],
    photometry: Photometry,
    weights: Mapping[str, Path],
    clipped: Tensor | None = None,
    moved: Tensor | None = None,
) -> list[Value]:
    """Every value of one reconstruction, metrics in the given order.

    Args:
        prediction, truth: radiance in the scene's scale, not clipped, finite and not negative, `(3, H, W)`.
        exposure: that was reconstructed, in [0, 1], `(3, H, W)`.
        weights: paths of the files that metrics need, by their name in `config/weights.yaml`.
        clipped: the pixels of the region of that name, bool `(H, W)`; None: those that are clipped in `exposure`.
        moved: the pixels of the region of that name, bool `(H, W)`; None: nothing moves, there is no such region.
    """
    scale = cd_m2(truth, photometry)
    prediction, truth = prediction.double(), truth.double()
    clipped = clipped_pixels(exposure[None]) if clipped is None else clipped[None]
    masks = {"all": torch.ones_like(clipped), "clipped": clipped, "unclipped": ~clipped}
    if moved is not None:
        masks |= {"moved": moved[None], "still": ~moved[None]}
    aligned = {"plain": prediction}
    values = []
    for metric in metrics:
        regions = metric.regions_of(moved is not None)
        mask = torch.cat([masks[region] for region in regions])
        true = _in_domain(metric.domain, truth, scale, photometry)[None]
        for alignment in metric.alignments:
            if alignment not in aligned:
                aligned[alignment] = align(alignment, prediction * scale, truth * scale, exposure) / scale
            image = _in_domain(metric.domain, aligned[alignment], scale, photometry)[None]
            found = metric(image, true, mask=mask, photometry=photometry, weights=weights.get(metric.weights))
            values += [
                Value(metric.name, alignment, region, value)
                for region, value in zip(regions, found.tolist(), strict=True)
            ]
    return values


def _in_domain(domain: str, image: Tensor, scale: float, photometry: Photometry) -> Tensor:
    if domain == "clipped":
        return PAPER.target(image)
    light = image * scale
    # Single precision is enough for what is cut at 10,000 cd/m^2, and its powers take a tenth of the time.
    return light / photometry.luminance if domain == "linear" else light.float()
