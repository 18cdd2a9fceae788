"""Pictures side by side: rows of scenes, columns of methods, at one display exposure."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from metahdr.files import atomic_write
from metahdr.images.tonemap import gamma
from metahdr.report.figures.figure import plt

SIDE = 1.65  # inches of a picture with its margin


def sheet(path: Path, columns: Sequence[str], rows: Sequence[tuple[str, Sequence[np.ndarray]]]) -> None:
    """Writes rows of pictures, each with its label, as PNG.

    Args:
        columns: titles.
        rows: label, and linear light `(H, W, 3)` for each column; 1.0 is shown white.
    """
    shape = (len(rows), len(columns))
    figure, axes = plt.subplots(
        *shape, figsize=(SIDE * shape[1], SIDE * shape[0]), layout="constrained", squeeze=False
    )
    for line, (label, images) in zip(axes, rows, strict=True):
        for axis, image in zip(line, images, strict=True):
            axis.imshow(gamma(image), interpolation="nearest")
            axis.set(xticks=[], yticks=[])
        line[0].set_ylabel(label, fontsize=7)
    for axis, column in zip(axes[0], columns, strict=True):
        axis.set_title(column, fontsize=9)
    with atomic_write(path) as part:
        figure.savefig(part, dpi=110)
    plt.close(figure)
