"""Simulated HDR labels of whole datasets: reading, prediction and writing overlap, memory stays constant."""

import logging
import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import torch
from torch import Tensor, nn

from metahdr.errors import UserError
from metahdr.images import write_exr
from metahdr.nets.expandnet import ExpandNetLabels
from metahdr.scenes import Scene, Scenes, label_name
from metahdr.training.progress import track

log = logging.getLogger(__name__)
HALF_ERROR = 0.005  # of half precision, at most
EXPANDNET_BYTES = 1300  # of memory per pixel; benchmarks/hdrcnn.py measures it
TILE, MARGIN = 1024, 128  # multiples of 32, so that all tiles lie on the grid of the network's pooling
_AHEAD = 4  # batches that are read ahead, or wait to be written


def check_unseen(scenes: Scenes, trained_on: list[str], model: Path) -> None:
    """A network must not label, or be judged by, what it was trained on.

    Raises:
        UserError: names the validation and test sources that are in `trained_on`.
    """
    table = scenes.table
    seen = {s: sorted(set(table.source[table.split == s]) & set(trained_on)) for s in ("validation", "test")}
    if any(seen.values()):
        names = "; ".join(f"{split}: {', '.join(sources)}" for split, sources in seen.items() if sources)
        raise UserError(
            f"{model} was trained on scenes that this run keeps from training ({names}).\n"
            "  Set label.model: train, which trains one on this run's training scenes, or keep the default split"
        )


@torch.inference_mode()
def simulate_labels(network: nn.Module, ldr: Tensor, stops: list[float], half: bool = False) -> Tensor:
    """The HDR label of each exposure in its scene's scale, `(N, 3, H, W)` to the same.

    The network's output relates to its own exposure, hence the division by 2^stops.

    Args:
        ldr: exposures in [0, 1].
        stops: what each of them is relative to the scene's scale.
        half: let the network compute in half precision: float16 on a GPU, bfloat16 on a CPU.
    """
    scale = torch.tensor(stops, dtype=torch.float32, device=ldr.device).exp2().view(-1, 1, 1, 1)
    with torch.autocast(ldr.device.type, torch.float16 if ldr.is_cuda else torch.bfloat16, enabled=half):
        return network(ldr).float() / scale


def median_error(label: Tensor, reference: Tensor, ldr: Tensor) -> float:
    """Median relative error where the network speaks, in saturated pixels; all `(N, 3, H, W)`."""
    saturated = (ldr.amax(1, keepdim=True) >= 1).expand_as(reference)
    return ((label - reference).abs() / reference.clamp(min=1e-6))[saturated].median().item()


def half_is_safe(network: nn.Module, ldr: Tensor) -> bool:
    """Whether half precision changes the labels of some exposures by at most 0.5 % (median, where saturated)."""
    exact, coarse = (simulate_labels(network, ldr, [0.0] * len(ldr), half) for half in (False, True))
    error = median_error(coarse, exact, ldr)
    if not error <= HALF_ERROR:  # NaN is no small error
        log.warning("half precision would change labels by %.1f %% (median): float32 is used", 100 * error)
        return False
    return True


@torch.inference_mode()
def simulate_large(network: nn.Module, ldr: Tensor) -> Tensor:
    """The label of one exposure of any size in the exposure's scale, `(3, H, W)` to the same.

    HDR-CNN sees a large image in tiles that overlap by twice the margin, with the memory of one tile. ExpandNet's
    global branch must see all of it at once.

    Raises:
        UserError: ExpandNet would need more memory than there is.
    """
    height, width = ldr.shape[-2:]
    if isinstance(network, ExpandNetLabels):
        needed = height * width * EXPANDNET_BYTES
        available = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        if needed > available:
            raise UserError(
                f"ExpandNet needs about {needed / 1e9:.0f} GB for {width}x{height} pixels; "
                f"{available / 1e9:.0f} GB are free: scale the image down, or take HDR-CNN, which works in tiles"
            )
        return network(ldr[None])[0]
    label = torch.empty_like(ldr)
    corners = [(top, left) for top in range(0, height, TILE) for left in range(0, width, TILE)]
    for top, left in track(corners, "label", len(corners)) if len(corners) > 1 else corners:
        above, before = max(top - MARGIN, 0), max(left - MARGIN, 0)
        tile = ldr[None, :, above : top + TILE + MARGIN, before : left + TILE + MARGIN]
        part = network(tile)[0, :, top - above :, left - before :][:, :TILE, :TILE]
        label[:, top : top + TILE, left : left + TILE] = part
    return label


def write_labels(network: nn.Module, scenes: Scenes, folder: Path, half: bool | None = None) -> None:
    """Writes the labels of all scenes that `folder` lacks, as half-float OpenEXR in linear light.

    Args:
        half: compute in half precision, where `half_is_safe`; None: on a GPU only.
    """
    device = next(network.parameters()).device
    half = device.type == "cuda" if half is None else half
    half = half and len(scenes) > 0 and half_is_safe(network, scenes[0].ldr.to(device))
    missing = [i for i in range(len(scenes)) if not all(map(Path.exists, _paths(scenes, i, folder)))]
    if len(missing) < len(scenes):
        log.info("%d of %d scenes have their labels already", len(scenes) - len(missing), len(scenes))
    size = 8 if device.type == "cuda" else 1
    batches = [missing[start : start + size] for start in range(0, len(missing), size)]
    with ThreadPoolExecutor(1) as reader, ThreadPoolExecutor(1) as writer:
        writing: deque[Future] = deque()
        ahead = _read_ahead(reader, scenes, batches)
        for tasks in track(ahead, "label", len(batches)):
            stops = [stop for scene in tasks for stop in scene.stops]
            labels = simulate_labels(
                network, torch.cat([scene.ldr for scene in tasks]).to(device), stops, half
            ).cpu()
            writing.append(writer.submit(_write, folder, tasks, labels))
            while len(writing) > _AHEAD:
                writing.popleft().result()
        for future in writing:
            future.result()


def _read_ahead(reader: ThreadPoolExecutor, scenes: Scenes, batches: list[list[int]]) -> Iterator[list[Scene]]:
    waiting: deque[Future] = deque()
    for batch in batches:
        waiting.append(reader.submit(lambda indices: [scenes[index] for index in indices], batch))
        if len(waiting) > _AHEAD:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _write(folder: Path, tasks: list[Scene], labels: Tensor) -> None:
    names = [label_name(scene.name, ev) for scene in tasks for ev in scene.evs]
    for name, label in zip(names, labels, strict=True):
        write_exr(folder / name, label.numpy().transpose(1, 2, 0))


def _paths(scenes: Scenes, index: int, folder: Path) -> list[Path]:
    scene = scenes.table.scene[index]
    return [folder / label_name(scene, ev) for ev in scenes.exposures.loc[scene, "ev"]]
