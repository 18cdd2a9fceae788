"""What studies of single exposures share: the values and the pictures of an exposure's reconstructions."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from metahdr.config.photometry import Photometry
from metahdr.methods.base import Method
from metahdr.metrics.measure import measure
from metahdr.metrics.metric import Metric
from metahdr.scenes.scene import Scene


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
def pictures(scene: Scene, ev: float, methods: Sequence[Method]) -> list[np.ndarray]:
    """Input, reconstructions and truth of one exposure, `(H, W, 3)`: linear light, 1.0 where the exposure clips.

    The input is shown as if its values to the power of 2.2 were all of the light.
    """
    index = scene.evs.index(ev)
    exposure, stops = scene.ldr[index : index + 1], scene.stops[index : index + 1]
    light = [*(method.reconstruct(exposure, stops) for method in methods), scene.hdr[None]]
    images = [exposure**2.2, *(image * 2.0 ** stops[0] for image in light)]
    return [image[0].numpy().transpose(1, 2, 0) for image in images]


def heads(methods: Sequence[Method]) -> list[str]:
    """What stands above `pictures`."""
    return ["input", *(method.title for method in methods), "truth"]
