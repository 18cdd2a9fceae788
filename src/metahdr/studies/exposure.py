"""What studies of single exposures share: how reconstructions of one exposure are measured and pictured."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from metahdr.config.photometry import Photometry
from metahdr.methods.base import Method
from metahdr.metrics.measure import measure
from metahdr.metrics.metric import Metric
from metahdr.report.figures.figure import sheet
from metahdr.report.results import in_scale
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


@torch.no_grad()
def picture_sheet(scenes: Scenes, rows: Sequence[tuple[str, str, float, float]], methods: Sequence[Method]) -> str:
    """Input, reconstructions and truth of single exposures, as SVG.

    At 0 stops, radiance 1.0 where the exposure clips is white. The input is shown as `in_scale` has it.

    Args:
        rows: title, name of the scene, EV of the exposure, and by how many stops it is brightened.
    """
    drawn = []
    for title, name, ev, brighter in rows:
        scene = scenes.named(name)
        index = scene.evs.index(ev)
        exposure = scene.ldr[index : index + 1], scene.stops[index : index + 1]
        made = [method.reconstruct(*exposure)[0].numpy().transpose(1, 2, 0) for method in methods]
        drawn.append((title, [image * 2.0**brighter for image in in_scale(scene, ev, made)]))
    return sheet(["input", *(method.title for method in methods), "truth"], drawn)
