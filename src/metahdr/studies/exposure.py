"""What studies of single exposures share: how reconstructions of one exposure are measured and pictured."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from metahdr.config.photometry import Photometry
from metahdr.methods.base import Method
from metahdr.metrics.measure import measure
from metahdr.metrics.metric import Metric
from metahdr.report.figures.figure import sheet
from metahdr.scenes.scene import Scene, Scenes


def values(
    scene: Scene,
    index: int,
    images: Mapping[str, Tensor],
    clipped: Tensor,
    metrics: Sequence[Metric],
    photometry: Photometry,
) -> list[dict]:
    """Every value of some reconstructions of one exposure.

    Args:
        index: of the exposure, and of its reconstruction in each of `images`, `(E, 3, H, W)` by name.
        clipped: the pixels that count as clipped, bool `(H, W)`.

    Returns:
        scene, source, place, ev, clipped (share of the pixels), method, metric, alignment, region, value.
    """
    where = {"scene": scene.name, "source": scene.source, "place": scene.place, "ev": scene.evs[index]}
    where["clipped"] = clipped.double().mean().item()
    return [
        where | {"method": name} | value._asdict()
        for name, image in images.items()
        for value in measure(image[index], scene.hdr, scene.ldr[index], metrics, photometry, {}, clipped)
    ]


class Shown(NamedTuple):
    """A row of a picture sheet: its title, the exposure's scene and EV, and by how many stops it is brightened."""

    title: str
    scene: str
    ev: float
    stops: float


@torch.no_grad()
def picture_sheet(scenes: Scenes, rows: Sequence[Shown], methods: Sequence[Method]) -> str:
    """Input, reconstructions and truth of single exposures, as SVG.

    At 0 stops, radiance 1.0 where the exposure clips is white. The input is shown as if its values to the power of
    2.2 were all of the light.
    """
    drawn = []
    for row in rows:
        scene = scenes.named(row.scene)
        index = scene.evs.index(row.ev)
        exposure, stops = scene.ldr[index : index + 1], scene.stops[index : index + 1]
        light = [*(method.reconstruct(exposure, stops) for method in methods), scene.hdr[None]]
        images = [exposure**2.2, *(image * 2.0 ** stops[0] for image in light)]
        drawn.append((row.title, [image[0].numpy().transpose(1, 2, 0) * 2.0**row.stops for image in images]))
    return sheet(["input", *(method.title for method in methods), "truth"], drawn)
