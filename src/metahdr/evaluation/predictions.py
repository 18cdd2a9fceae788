"""Reconstructions of test scenes by a method: every held-out exposure in every mode."""

from pathlib import Path

from torch import Tensor

from metahdr.images import write_exr
from metahdr.meta.support import support_labels
from metahdr.methods.base import Method
from metahdr.scenes import Scene, Scenes
from metahdr.training.progress import track


def modes(method: type[Method] | Method, label_sources: list[str]) -> list[str]:
    """The modes of a method's reconstructions.

    `single`: from the held-out exposure alone; `adapted_<label source>`: the same, after adaptation to the other
    exposures with these labels; `stack`: from the other exposures, without the held-out one.
    """
    if method.takes == "stack":
        return ["stack"]
    return ["single", *(f"adapted_{source}" for source in label_sources if method.adapts)]


def reconstruct(
    method: Method, scenes: Scenes, scene: Scene, held_out: int, label_sources: list[str]
) -> dict[str, Tensor]:
    """The reconstructions of a scene with one exposure held out, by mode, in the scene's scale, `(3, H, W)` each.

    Args:
        scenes: that the scene is from.
        held_out: index of the exposure.
        label_sources: label sources of the support set; a method that adapts is adapted with each by itself.
    """
    others = scene.others(held_out)
    if method.takes == "stack":
        return {"stack": method.reconstruct(scene.ldr[others], [scene.stops[i] for i in others])[0]}
    query, stops = scene.ldr[held_out : held_out + 1], [scene.stops[held_out]]
    images = {"single": method.reconstruct(query, stops)[0]}
    for source in label_sources if method.adapts else []:
        labels = support_labels(scenes, scene, held_out, source)
        images[f"adapted_{source}"] = method.adapt(scene.ldr[others], labels).reconstruct(query, stops)[0]
    return images


def write_predictions(method: Method, scenes: Scenes, label_sources: list[str], folder: Path) -> None:
    """Writes one OpenEXR per scene, held-out exposure and mode.

    A network's are half floats. Those of a method without weights are full ones, so that its scores are exact.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for scene in track(scenes, "reconstruct", len(scenes)):
        for held_out, ev in enumerate(scene.evs):
            for mode, image in reconstruct(method, scenes, scene, held_out, label_sources).items():
                write_exr(
                    folder / prediction_name(scene.name, ev, mode),
                    image.numpy().transpose(1, 2, 0),
                    bool(method.weights),
                )


def prediction_name(scene: str, ev: float, mode: str) -> str:
    """File name of a prediction: `courtyard_3_ev+2_single.exr`, where EV +2 is the held-out exposure."""
    return f"{scene}_ev{ev:+g}_{mode}.exr"
