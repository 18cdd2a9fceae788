"""Scenes: the exposures of one view with their EVs, and its HDR truth.

Arrays are memory-mapped and read when a scene is asked for: memory does not grow with the dataset.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd
import torch

from metahdr.brackets.shifts import middle
from metahdr.camera.curve import Curve
from metahdr.camera.response import Response
from metahdr.images.files import read_hdr
from metahdr.tables import read_table
from metahdr.workflow.folders import Arrays, DatasetFolder, FoldFolder


@dataclass(frozen=True)
class Scene:
    """One view: its exposures and its HDR truth. In meta-learning, with one exposure held out, it is a task.

    Attributes:
        name: of the scene.
        source: name of the panorama, photograph or pair that it was cut from.
        place: that the source shows; several sources may show one place.
        chunk: name of the source's chunk, the folder in which all that belongs to the scene lies.
        evs: nominal exposure values, dark to bright, length E; they name the exposures.
        stops: of each exposure; with 0 stops, light of 1.0 clips. They may differ from `evs`.
        ldr: exposures float32 in [0, 1], `(E, 3, H, W)`.
        hdr: truth in linear light, 1.0 is where EV 0 clips, float32 `(3, H, W)`.
        response: of the virtual camera that took the exposures; None: another camera took them.
        moved: of a moving bracket, whose truth is what the middle exposure shows: pixels that something moved
            over, bool `(H, W)`. None where nothing moves.
    """

    name: str
    source: str
    place: str
    chunk: str
    evs: tuple[float, ...]
    stops: tuple[float, ...]
    ldr: torch.Tensor
    hdr: torch.Tensor
    response: Response | Curve | None = None
    moved: torch.Tensor | None = None

    def to(self, device: str) -> Self:
        """The scene with its images on a device."""
        return replace(self, ldr=self.ldr.to(device), hdr=self.hdr.to(device))

    def others(self, held_out: int) -> list[int]:
        """The indices of the exposures that are not held out: the support set."""
        return [index for index in range(len(self.evs)) if index != held_out]

    def queries(self) -> list[int]:
        """The indices of the exposures that are held out in turn: all; the middle one where something moves."""
        return list(range(len(self.evs))) if self.moved is None else [middle(self.stops)]


class Scenes:
    """The accepted scenes of one split, as a sequence.

    Args:
        folder: of one fold, in the dataset's folder.
        split: 'train', 'validation' or 'test'; None for all.
        chunk: of the sources; None for all.
        moving: whether they are the moving brackets of the scenes (`moving.py`).
    """

    def __init__(self, folder: Path, split: str | None, chunk: str | None = None, moving: bool = False):
        self.fold = fold = FoldFolder(folder)
        table = read_table(fold.table)
        if chunk is not None:
            table = table[table.chunk == chunk]
        self._read(fold.dataset, fold.moving if moving else fold.dataset, table, split)

    @classmethod
    def unsplit(cls, dataset: Path, chunk: str) -> Self:
        """The scenes of one chunk before any split; each source counts as a place of its own.

        Args:
            dataset: its folder.
        """
        scenes, folder = cls.__new__(cls), DatasetFolder(dataset)
        table = read_table(folder.scenes_table(chunk))
        scenes._read(folder, folder, table.assign(place=table.source, chunk=chunk), None)
        return scenes

    def _read(self, dataset: DatasetFolder, arrays: Arrays, table: pd.DataFrame, split: str | None) -> None:
        self.dataset, self.arrays = dataset, arrays
        table = table[table.kept.astype(bool)]  # a table without rows has no booleans
        table["index"] = table.groupby("source").cumcount()  # the kept rows' order is the arrays'
        if split is not None:
            table = table[table.split == split]
        exposures = pd.concat(
            [read_table(arrays.exposures_table(each)) for each in sorted(set(table.chunk))]
            or [pd.DataFrame(columns=["scene", "ev", "stops", "metering", "accepted"])]
        )
        exposures = exposures[exposures.accepted.astype(bool) & exposures.scene.isin(table.scene)]
        self.exposures = exposures.set_index("scene").sort_values("ev")
        self.table = table[table.scene.isin(self.exposures.index)].reset_index(drop=True)

    def __len__(self) -> int:
        return len(self.table)

    def __getitem__(self, index: int) -> Scene:
        row = self.table.iloc[index]
        exposures = self.exposures.loc[row.scene]
        hdr, ldr = (_of_source(of, row)[row["index"]] for of in (self.arrays.scenes, self.arrays.exposures))
        hdr = hdr * np.float32(2.0 ** exposures.metering.iloc[0])
        moved = None
        if self.arrays != self.dataset:
            moved = torch.from_numpy(np.array(_of_source(self.arrays.moved, row)[row["index"]]))
        return Scene(
            row.scene,
            row.source,
            row.place,
            row.chunk,
            tuple(exposures.ev),
            tuple(exposures.stops),
            torch.from_numpy(ldr.transpose(0, 3, 1, 2).astype(np.float32) / np.iinfo(ldr.dtype).max),
            torch.from_numpy(np.ascontiguousarray(hdr.transpose(2, 0, 1))),
            self._response(row, exposures.iloc[0]),
            moved,
        )

    def named(self, name: str) -> Scene:
        return self[list(self.table.scene).index(name)]

    def count_of(self, source: str) -> int:
        """How many scenes a source's arrays hold; those whose exposures were rejected are among them."""
        return len(_of_source(self.arrays.scenes, self.table[self.table.source == source].iloc[0]))

    def _response(self, row: pd.Series, exposure: pd.Series) -> Response | Curve | None:
        """The virtual camera's: in the table of exposures, or among the source's curves."""
        if not pd.isna(exposure.response_n):
            return Response(exposure.response_n, exposure.response_sigma)
        table = _of_source(self.dataset.curves, row)[row["index"]]
        return Curve(np.array(table)) if len(table) else None


def read_labels(folder: Path, scene: Scene) -> torch.Tensor:
    """The simulated labels of a scene's exposures in the scene's scale, float32 `(E, 3, H, W)`.

    Args:
        folder: of one label source, with a folder of each chunk in it.
    """
    images = [read_hdr(folder / scene.chunk / label_name(scene.name, ev)) for ev in scene.evs]
    return torch.from_numpy(np.stack(images).transpose(0, 3, 1, 2).copy())


def label_name(scene: str, ev: float) -> str:
    """File name of a scene's simulated label: `courtyard_3_ev+2.exr`."""
    return f"{scene}_ev{ev:+g}.exr"


def _of_source(folder: Callable[[str], Path], row: pd.Series) -> np.ndarray:
    """The array of a row's source in the folder of its chunk."""
    return _array(folder(row.chunk) / f"{row.source}.npy")


@lru_cache(maxsize=256)
def _array(path: Path) -> np.ndarray:
    return np.load(path, mmap_mode="r")
