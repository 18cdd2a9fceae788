"""Scenes as tasks: three exposures of one view, its HDR truth and its simulated labels.

Everything is read where it lies: arrays are memory-mapped, labels are opened when a task is asked for, so that
a dataset's size costs no memory.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd
import torch

from metahdr.images import read_hdr
from metahdr.tables import read_table

Item, Loaded = TypeVar("Item"), TypeVar("Loaded")


@dataclass(frozen=True)
class Task:
    """One scene.

    Attributes:
        scene, source: names.
        evs: names of the exposures in stops, dark to bright, length E.
        ldr: exposures float32 in [0, 1], `(E, 3, H, W)`.
        hdr: truth in linear light, 1.0 is where EV 0 clips, float32 `(3, H, W)`.
    """

    scene: str
    source: str
    evs: tuple[float, ...]
    ldr: torch.Tensor
    hdr: torch.Tensor


class Scenes:
    """The accepted scenes of one split, as a sequence of tasks.

    Args:
        folder: a dataset's results folder with `scenes.csv`, `scenes/` and `exposures/`.
        split: 'train', 'validation' or 'test'; None for all.
    """

    def __init__(self, folder: Path, split: str | None):
        self.folder = folder
        table = read_table(folder / "scenes.csv")
        table = table[table.kept]
        table["index"] = table.groupby("source").cumcount()  # the kept rows' order is the arrays'
        if split is not None:
            table = table[table.split == split]
        exposures = pd.concat(
            [read_table(folder / "exposures" / f"{source}.csv") for source in sorted(set(table.source))]
            or [pd.DataFrame(columns=["scene", "ev", "stops", "metering", "accepted"])]
        )
        self.exposures = exposures[exposures.accepted.astype(bool)].set_index("scene").sort_values("ev")
        self.table = table[table.scene.isin(self.exposures.index)].reset_index(drop=True)

    def __len__(self) -> int:
        return len(self.table)

    def __getitem__(self, index: int) -> Task:
        row = self.table.iloc[index]
        exposures = self.exposures.loc[row.scene]
        hdr = _array(self.folder / "scenes" / f"{row.source}.npy")[row["index"]]
        ldr = _array(self.folder / "exposures" / f"{row.source}.npy")[row["index"]]
        hdr = hdr * np.float32(2.0 ** exposures.metering.iloc[0])
        return Task(
            row.scene,
            row.source,
            tuple(exposures.ev),
            torch.from_numpy(ldr.transpose(0, 3, 1, 2).astype(np.float32) / 255),
            torch.from_numpy(np.ascontiguousarray(hdr.transpose(2, 0, 1))),
        )

    def stops(self, scene: str) -> list[float]:
        """What each exposure of a scene really is, in stops relative to the scene's scale."""
        return self.exposures.loc[scene, "stops"].tolist()


def read_labels(folder: Path, task: Task) -> torch.Tensor:
    """The simulated labels of a task's exposures in the scene's scale, float32 `(E, 3, H, W)`."""
    images = [read_hdr(folder / label_name(task.scene, ev)) for ev in task.evs]
    return torch.from_numpy(np.stack(images).transpose(0, 3, 1, 2).copy())


def label_name(scene: str, ev: float) -> str:
    """File name of a scene's simulated label: `courtyard_3_ev+2.exr`."""
    return f"{scene}_ev{ev:+g}.exr"


@lru_cache(maxsize=256)
def _array(path: Path) -> np.ndarray:
    return np.load(path, mmap_mode="r")


def prefetched(load: Callable[[Item], Loaded], items: Sequence[Item]) -> Iterator[Loaded]:
    """`load` of every item in turn; each is read while the one before is worked on."""
    with ThreadPoolExecutor(1) as reader:
        ahead = None
        for item in items:
            ready, ahead = ahead, reader.submit(load, item)
            if ready:
                yield ready.result()
        if ahead:
            yield ahead.result()
