"""Simulated HDR labels of whole datasets: reading, prediction and writing overlap, memory stays constant."""

import logging
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import torch
from torch import Tensor

from metahdr.images.files import write_exr
from metahdr.methods.base import Method
from metahdr.metrics.metric import clipped_pixels
from metahdr.scenes.scene import Scene, Scenes, label_name
from metahdr.training.prefetch import prefetched
from metahdr.training.progress import track

log = logging.getLogger(__name__)
HALF_ERROR = 0.005  # the largest error of half precision that is accepted
_AHEAD = 4  # batches that are read ahead, or wait to be written


@torch.inference_mode()
def simulate_labels(method: Method, exposures: Tensor, stops: Sequence[float], half: bool = False) -> Tensor:
    """The HDR label of each exposure in its scene's scale, `(N, 3, H, W)` to the same.

    Args:
        method: one that takes single exposures.
        exposures: in [0, 1], on the method's device.
        stops: of each exposure; with 0 stops, light of 1.0 clips.
        half: let a network compute in half precision: float16 on a GPU, bfloat16 on a CPU.
    """
    low = torch.float16 if exposures.is_cuda else torch.bfloat16
    with torch.autocast(exposures.device.type, low, enabled=half):
        return method.reconstruct(exposures, stops).float()


def median_error(label: Tensor, reference: Tensor, exposures: Tensor) -> float:
    """Median relative error of labels in clipped pixels, where a method has to invent values; `(N, 3, H, W)`."""
    clipped = clipped_pixels(exposures)[:, None].expand_as(reference)
    return ((label - reference).abs() / reference.clamp(min=1e-6))[clipped].median().item()


def half_is_safe(method: Method, exposures: Tensor) -> bool:
    """Whether half precision changes the labels of some exposures by at most 0.5 % (median of clipped pixels)."""
    stops = [0.0] * len(exposures)
    exact, coarse = (simulate_labels(method, exposures, stops, half) for half in (False, True))
    error = median_error(coarse, exact, exposures)
    if not error <= HALF_ERROR:  # NaN is no small error
        log.warning("half precision would change labels by %.1f %% (median): float32 is used", 100 * error)
        return False
    return True


def write_labels(
    method: Method, scenes: Scenes, folder: Path, device: str = "cpu", half: bool | None = None
) -> None:
    """Writes the labels of all scenes that `folder` lacks, as half-float OpenEXR in linear light.

    Args:
        method: one that takes single exposures, loaded to `device`.
        half: compute in half precision, where `half_is_safe`; None: on a GPU only.
    """
    on_gpu = torch.device(device).type == "cuda"
    half = on_gpu if half is None else half
    half = half and len(scenes) > 0 and half_is_safe(method, scenes[0].ldr.to(device))
    missing = [i for i in range(len(scenes)) if not all(map(Path.exists, _paths(scenes, i, folder)))]
    if len(missing) < len(scenes):
        log.info("%d of %d scenes have their labels already", len(scenes) - len(missing), len(scenes))
    size = 8 if on_gpu else 1
    batches = [missing[start : start + size] for start in range(0, len(missing), size)]
    loaded = prefetched(lambda batch: [scenes[index] for index in batch], batches, _AHEAD)
    with ThreadPoolExecutor(1) as writer:
        writing: deque[Future] = deque()
        for batch in track(loaded, "label", len(batches)):
            stops = [stop for scene in batch for stop in scene.stops]
            exposures = torch.cat([scene.ldr for scene in batch]).to(device)
            labels = simulate_labels(method, exposures, stops, half).cpu()
            writing.append(writer.submit(_write, folder, batch, labels))
            while len(writing) > _AHEAD:
                writing.popleft().result()
        for future in writing:
            future.result()


def _write(folder: Path, scenes: list[Scene], labels: Tensor) -> None:
    names = [label_name(scene.name, ev) for scene in scenes for ev in scene.evs]
    for name, label in zip(names, labels, strict=True):
        write_exr(folder / name, label.numpy().transpose(1, 2, 0))


def _paths(scenes: Scenes, index: int, folder: Path) -> list[Path]:
    scene = scenes.table.scene[index]
    return [folder / label_name(scene, ev) for ev in scenes.exposures.loc[scene, "ev"]]
