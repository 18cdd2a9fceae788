"""Seconds and memory of a reconstruction, measured in a process of its own."""

import resource
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import numpy as np

from metahdr.registry import METHODS

SHORT = 2.0  # seconds; a shorter first call is measured again, because it loads what later calls have


class Cost(NamedTuple):
    """Of one image, or one bracket.

    Attributes:
        width, height: in pixels.
        seconds: of the reconstruction; NaN where it failed.
        gigabytes: the process's peak, with Python and the libraries; NaN where it failed.
    """

    width: int
    height: int
    seconds: float
    gigabytes: float


def costs(
    method: str,
    weights: Path | None,
    exposures: np.ndarray,
    stops: Sequence[float],
    sizes: Sequence[tuple[int, int]],
) -> list[Cost]:
    """What a method takes for images of each size, one after the other.

    Args:
        method: its name.
        weights: its weight file, where it needs one.
        exposures: uint8 `(E, H, W, 3)`; they are enlarged to each size.
        stops: of the exposures.
        sizes: width and height.
    """
    found = []
    for width, height in sizes:
        with ProcessPoolExecutor(1, get_context("spawn")) as pool:
            try:
                measured = pool.submit(_measure, method, weights, exposures, stops, width, height).result()
            except (BrokenProcessPool, MemoryError):  # the system killed it, or gave it no more memory
                measured = float("nan"), float("nan")
        found.append(Cost(width, height, *measured))
    return found


def _measure(
    name: str, weights: Path | None, exposures: np.ndarray, stops: Sequence[float], width: int, height: int
) -> tuple[float, float]:
    import cv2
    import torch

    method = METHODS[name].load(weights)
    images = [cv2.resize(image, (width, height), interpolation=cv2.INTER_CUBIC) for image in exposures]
    x = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).contiguous().float().div(255)
    for _ in range(2):
        start = time.perf_counter()
        method.reconstruct(x, stops)
        seconds = time.perf_counter() - start
        if seconds > SHORT:
            break
    return seconds, _peak() / 1e9


def _peak() -> int:
    """Most memory in bytes that this process had so far."""
    status = Path("/proc/self/status")
    if status.exists():  # what getrusage says on Linux begins with the peak of the process that started this one
        (line,) = (line for line in status.read_text(encoding="utf-8").splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
