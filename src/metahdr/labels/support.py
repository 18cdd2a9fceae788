"""The labels of a support set from any label source, for training, validation and test alike."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from torch import Tensor

from metahdr.registry import METHODS
from metahdr.scenes import Scene, Scenes, read_labels

if TYPE_CHECKING:
    from metahdr.methods.base import Method


def support_labels(scenes: Scenes, scene: Scene, held_out: int, label_source: str) -> Tensor | None:
    """HDR labels of the exposures that are not held out, in the scene's scale, float32 `(S, 3, H, W)`.

    Args:
        scenes: that the scene is from; the labels that the label stage made lie in `labels/<label source>/` of its
            folder.
        held_out: index of the exposure that no label may depend on.
        label_source: `true`; `simulated`; or a method's name. A method that takes a stack reconstructs one HDR
            image from the support exposures, which is the label of each of them.

    Returns:
        None for `true`: the scene has its own HDR truth.
    """
    if label_source == "true":
        return None
    others = [i for i in range(len(scene.evs)) if i != held_out]
    if label_source != "simulated" and METHODS[label_source].takes == "stack":
        label = _load(label_source).reconstruct(scene.ldr[others].cpu(), [scene.stops[i] for i in others])
        return label.to(scene.ldr.device).expand(len(others), -1, -1, -1)
    return read_labels(scenes.folder / "labels" / label_source, scene)[others].to(scene.ldr.device)


@lru_cache
def _load(method: str) -> Method:
    return METHODS[method].load()
