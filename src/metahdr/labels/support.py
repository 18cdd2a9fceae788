"""The labels of a support set, from whichever source: one lookup for training, validation and test."""

import torch
from torch import Tensor

from metahdr.camera.merge import inverse_response, merge
from metahdr.scenes import Scene, Scenes, read_labels


def support_labels(scenes: Scenes, scene: Scene, held_out: int, source: str) -> Tensor | None:
    """HDR labels of the exposures that are not held out, in the scene's scale, float32 `(S, 3, H, W)`.

    Args:
        scenes: what the task is from; labels of networks lie in its folder's `labels/<source>/`.
        held_out: index of the exposure that no label may know.
        source: of the labels, see `meta.runs`. 'debevec' is one HDR image, the merge of the support exposures,
            for all of them; it therefore depends on what is held out.

    Returns:
        None for 'true': the task has its own HDR truth.
    """
    others = [i for i in range(len(scene.evs)) if i != held_out]
    if source == "true":
        return None
    if source == "debevec":
        exposures = (scene.ldr[others] * 255).round().byte().cpu().numpy()
        stops = [scene.stops[i] for i in others]
        label = torch.from_numpy(merge(exposures, stops, inverse_response(exposures, stops)))
        return label.to(scene.ldr.device).expand(len(others), -1, -1, -1)
    return read_labels(scenes.folder / "labels" / source, scene)[others].to(scene.ldr.device)
