"""Reconstructions of test scenes by a method: every held-out exposure in every mode."""

from pathlib import Path

from torch import Tensor

from metahdr.images.files import write_exr
from metahdr.meta.support import support_labels
from metahdr.methods.base import CALIBRATED, Method
from metahdr.scenes.scene import Scene, Scenes
from metahdr.training.progress import track


def reconstruct(
    method: Method, scenes: Scenes, scene: Scene, held_out: int, label_sources: list[str]
) -> dict[str, Tensor]:
    """The reconstructions of a scene with one exposure held out, by mode, in the scene's scale, `(3, H, W)` each.

    Args:
        scenes: that the scene is from.
        held_out: index of the exposure.
        label_sources: label sources of the support set; a method that adapts is adapted with each by itself.
    """
    method = method.told(scene, held_out)
    query, others = _exposures(scene, [held_out]), _exposures(scene, scene.others(held_out))
    taken = {"single": query, "stack": others, "bracket": (scene.ldr, scene.stops)}
    images = {}
    for mode in method.modes(label_sources):
        if mode.startswith("adapted_"):
            labels = support_labels(scenes, scene, held_out, mode.removeprefix("adapted_"))
            images[mode] = method.adapt(others[0], labels, others[1]).reconstruct(*query)[0]
        elif mode == CALIBRATED:
            images[mode] = method.calibrated(*others).reconstruct(*query)[0]
        else:
            images[mode] = method.reconstruct(*taken[method.takes])[0]
    return images


def _exposures(scene: Scene, indices: list[int]) -> tuple[Tensor, list[float]]:
    """Some exposures of a scene, `(N, 3, H, W)`, and their stops."""
    return scene.ldr[indices], [scene.stops[index] for index in indices]


def write_predictions(
    method: Method, scenes: Scenes, label_sources: list[str], folder: Path, device: str = "cpu"
) -> None:
    """Writes one OpenEXR per scene, held-out exposure and mode.

    A network's are half floats. Those of other methods are full ones, so that their scores are exact.

    Args:
        device: that the method was loaded to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for scene in track(scenes, "reconstruct", len(scenes)):
        scene = scene.to(device)
        for held_out in scene.queries():
            for mode, image in reconstruct(method, scenes, scene, held_out, label_sources).items():
                path = folder / prediction_name(scene.name, scene.evs[held_out], mode)
                write_exr(path, image.cpu().numpy().transpose(1, 2, 0), bool(method.weights))


def prediction_name(scene: str, ev: float, mode: str) -> str:
    """File name of a prediction: `courtyard_3_ev+2_single.exr`, where EV +2 is the held-out exposure."""
    return f"{scene}_ev{ev:+g}_{mode}.exr"
