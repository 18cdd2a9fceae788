"""A table from pixel value to radiance: all that can be done to every pixel by itself."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np

from metahdr.errors import UserError
from metahdr.files import atomic_write, sha256
from metahdr.methods.base import Metered, Method, in_scene_scale
from metahdr.training.inputs import TrainingInputs

if TYPE_CHECKING:
    from torch import Tensor

_BLACK = 1e-6  # less radiance, in the exposure's scale, counts as this, so that logarithms are finite


class LookupTable(Method):
    """One radiance for each of the 256 pixel values, in the exposure's scale.

    The entry of a pixel value is the mean log radiance of all pixels with that value; a mean of radiance would
    be that of a few lamps. Weighted isotonic regression makes the table monotone. All channels share it, as
    the camera has one response: a table for each channel would learn the colour of the lights.

    A clipped value says only that the radiance is 1 or more. Its entry is the mean log radiance of all pixels that
    were clipped in training. Adaptation keeps it: pixels clipped in the support set say little of those that are
    clipped in the held-out exposure.

    Args:
        table: radiance of each pixel value, `(256,)`, never decreasing.
        trained_on: see `trained_on`.
    """

    name = "lut"
    title = "Lookup table"
    takes = "single"
    uses = frozenset({"exposure", "ev"})
    adapts = True
    weights = ("train",)

    def __init__(self, table: np.ndarray, trained_on: dict[str, str] | None = None):
        self.table = table
        self._trained_on = trained_on or {}

    @classmethod
    def read(cls, path: Path, device: str) -> Self:
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(path, "np") as file:
                table = file.get_tensor("table")
                trained_on = json.loads((file.metadata() or {})["metahdr"])["trained_on"]
        except FileNotFoundError:
            raise UserError(f"{path}: no such weight file") from None
        except (SafetensorError, OSError, KeyError, ValueError):
            raise UserError(f"{path}: truncated, or not a lookup table of metahdr; train it again") from None
        if table.shape != (256,) or not np.isfinite(table).all() or table[0] < 0 or (np.diff(table) < 0).any():
            raise UserError(f"{path}: its table is not 256 radiances that never decrease; train it again")
        return cls(table, trained_on)

    @classmethod
    def train(cls, inputs: TrainingInputs, model: Path, history: Path) -> None:
        """Fits the table to all exposures of the training scenes and writes it, in one step.

        `history` has a row for each pixel value: value, count, radiance.
        """
        import pandas as pd
        from safetensors.numpy import save

        from metahdr.tables import write_table
        from metahdr.training.scenes import arrays_of, hashes_of, scenes_of

        scenes = scenes_of(inputs.data)
        counts, logs = np.zeros(256), np.zeros(256)
        for scene in scenes:
            more = _observe(scene.ldr, scene.hdr.expand_as(scene.ldr), scene.stops)
            counts, logs = counts + more[0], logs + more[1]
        seen = counts > 0
        logs = np.interp(np.arange(256), np.flatnonzero(seen), logs[seen] / counts[seen])
        table = _monotone(logs, counts)
        hashes = {role: sha256(path) for role, path in arrays_of(scenes).items()}
        facts = inputs.facts(cls.name, hashes_of(scenes), hashes)
        with atomic_write(model) as part:
            part.write_bytes(save({"table": table}, {"metahdr": json.dumps(facts, sort_keys=True)}))
        write_table(history, pd.DataFrame({"value": np.arange(256), "count": counts, "radiance": table}))

    def reconstruct(self, exposures: Tensor, stops: Sequence[float]) -> Tensor:
        return in_scene_scale(exposures.new_tensor(self.table)[_values(exposures)], stops)

    def adapt(self, exposures: Tensor, labels: Tensor, stops: Sequence[float]) -> Self:
        """The table calibrated on the support set.

        The trained table counts as one pixel of each value: it decides where the support set has none.
        """
        counts, logs = _observe(exposures, labels, stops)
        counts[255] = logs[255] = 0
        trained = np.log(np.maximum(self.table, _BLACK))
        table = _monotone((logs + trained) / (counts + 1), counts + 1)
        return type(self)(table, self._trained_on)


class LookupTableMetered(Metered, LookupTable):
    """The table without the held-out exposure's EV: the result has the scale that a meter would give the scene."""

    name = "lut_metered"
    title = "Lookup table, metered"
    weights_of = "lut"


def _values(exposures: Tensor) -> Tensor:
    """Pixel values 0 to 255."""
    return (exposures * 255).round().long()


def _observe(exposures: Tensor, radiance: Tensor, stops: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
    """How often each pixel value occurs, and the sum of its log radiance in the exposure's scale, `(256,)` each.

    Args:
        exposures, radiance: `(N, 3, H, W)`, radiance in the scene's scale.
        stops: of each exposure; with 0 stops, light of 1.0 clips.
    """
    values = _values(exposures).cpu().numpy().ravel()
    exposed = radiance.double() * radiance.new_tensor(stops).double().exp2().view(-1, 1, 1, 1)
    logs = exposed.clamp(min=_BLACK).log().cpu().numpy().ravel()
    return np.bincount(values, minlength=256).astype(float), np.bincount(values, logs, 256)


def _monotone(logs: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The non-decreasing table with the least weighted squared error of the logs; zero weights become tiny."""
    from scipy.optimize import isotonic_regression

    return np.exp(isotonic_regression(logs, weights=np.maximum(weights, 1e-6)).x).astype(np.float32)
