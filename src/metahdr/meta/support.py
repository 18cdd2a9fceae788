"""The labels of a support set from any label source, for training, validation and test alike."""

from functools import cache

from torch import Tensor

from metahdr.registry import METHODS
from metahdr.scenes.scene import Scene, Scenes, read_labels

_load = cache(lambda method: METHODS[method].load())


def support_labels(scenes: Scenes, scene: Scene, held_out: int, label_source: str) -> Tensor:
    """HDR labels of the exposures that are not held out, in the scene's scale, float32 `(S, 3, H, W)`.

    Args:
        scenes: that the scene is from; the labels that the label stage made lie in its folder, in
            `labels/<label source>/<chunk>/`.
        held_out: index of the exposure that is held out: no label is made from it, unless labels are true.
        label_source: `true`, the scene's HDR truth for each exposure; `simulated`; or a method's name. A method
            that takes a stack reconstructs one HDR image from the support exposures, which is the label of each of
            them.

    Raises:
        UserError: no method has that name, or a label is missing or unreadable.
    """
    others = scene.others(held_out)
    if label_source == "true":
        return scene.hdr.expand(len(others), -1, -1, -1)
    if label_source != "simulated" and METHODS[label_source].takes == "stack":
        label = _load(label_source).reconstruct(scene.ldr[others].cpu(), [scene.stops[i] for i in others])
        return label.to(scene.ldr.device).expand(len(others), -1, -1, -1)
    return read_labels(scenes.fold.labels(label_source), scene)[others].to(scene.ldr.device)
