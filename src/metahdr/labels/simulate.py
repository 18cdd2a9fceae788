"""Simulated HDR labels of whole datasets: reading, prediction and writing overlap, memory stays constant."""

import logging
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import batched
from pathlib import Path

import torch
from torch import Tensor, nn

from metahdr.errors import UserError
from metahdr.images import write_exr
from metahdr.progress import track
from metahdr.scenes import Scenes, Task, label_name

log = logging.getLogger(__name__)
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
def simulate_labels(network: nn.Module, ldr: Tensor, stops: list[float]) -> Tensor:
    """The HDR label of each exposure in its scene's scale, `(N, 3, H, W)` to the same.

    The network's output relates to its own exposure, hence the division by 2^stops.

    Args:
        ldr: exposures in [0, 1].
        stops: what each of them is relative to the scene's scale.
    """
    scale = torch.tensor(stops, dtype=torch.float32, device=ldr.device).exp2().view(-1, 1, 1, 1)
    if ldr.is_cuda:
        with torch.autocast("cuda", torch.float16):
            return network(ldr).float() / scale
    return network(ldr) / scale


def write_labels(network: nn.Module, scenes: Scenes, folder: Path) -> None:
    """Writes the labels of all scenes that `folder` lacks, as half-float OpenEXR in linear light."""
    device = next(network.parameters()).device
    missing = [i for i in range(len(scenes)) if not all(map(Path.exists, _paths(scenes, i, folder)))]
    if len(missing) < len(scenes):
        log.info("%d of %d scenes have their labels already", len(scenes) - len(missing), len(scenes))
    batches = list(batched(missing, 8 if device.type == "cuda" else 1))
    with ThreadPoolExecutor(1) as reader, ThreadPoolExecutor(1) as writer:
        writing: deque[Future] = deque()
        ahead = _read_ahead(reader, scenes, batches)
        for tasks in track(ahead, "label", len(batches)):
            stops = [stop for task in tasks for stop in scenes.stops(task.scene)]
            labels = simulate_labels(network, torch.cat([task.ldr for task in tasks]).to(device), stops).cpu()
            writing.append(writer.submit(_write, folder, tasks, labels))
            while len(writing) > _AHEAD:
                writing.popleft().result()
        for future in writing:
            future.result()


def _read_ahead(
    reader: ThreadPoolExecutor, scenes: Scenes, batches: list[tuple[int, ...]]
) -> Iterator[list[Task]]:
    waiting: deque[Future] = deque()
    for batch in batches:
        waiting.append(reader.submit(lambda indices: [scenes[index] for index in indices], batch))
        if len(waiting) > _AHEAD:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _write(folder: Path, tasks: list[Task], labels: Tensor) -> None:
    names = [label_name(task.scene, ev) for task in tasks for ev in task.evs]
    for name, label in zip(names, labels, strict=True):
        write_exr(folder / name, label.numpy().transpose(1, 2, 0))


def _paths(scenes: Scenes, index: int, folder: Path) -> list[Path]:
    scene = scenes.table.scene[index]
    return [folder / label_name(scene, ev) for ev in scenes.exposures.loc[scene, "ev"]]
