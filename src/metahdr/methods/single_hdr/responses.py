"""The linear model of inverse responses that SingleHDR chooses from: mean and eleven principal components."""

from functools import cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from metahdr.camera.emor import SAMPLES, read_inverse_emor
from metahdr.camera.family import draw_camera
from metahdr.seeds import named_rng

COMPONENTS = 11
CAMERAS = 500


def response_model(invemor: Path | None) -> tuple[Tensor, Tensor]:
    """Mean `(1024,)` and components `(11, 1024)` of inverse responses at equally spaced values from 0 to 1.

    Args:
        invemor: the file that has them, `invemor.txt` of CAVE; None: those of the family of cameras.

    Raises:
        UserError: the file is missing, or another one.
    """
    mean, components = read_inverse_emor(invemor, COMPONENTS) if invemor else _of_the_family()
    return torch.from_numpy(mean).float(), torch.from_numpy(components).float()


@cache
def _of_the_family() -> tuple[np.ndarray, np.ndarray]:
    """Of likely cameras, always the same ones: eleven components hold 99.999 % of their variance."""
    rng = named_rng(0, "inverse responses")
    tables = np.stack([draw_camera(rng, likely=True).table(SAMPLES) for _ in range(CAMERAS)])
    mean = tables.mean(0)
    return mean, np.linalg.svd(tables - mean, full_matrices=False)[2][:COMPONENTS]
