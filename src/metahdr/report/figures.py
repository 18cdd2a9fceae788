"""The report's pictures, as text that stands inside the page."""

import base64
import io
from pathlib import Path

import imageio.v3 as iio
import matplotlib
import numpy as np
import pandas as pd
import torch

matplotlib.use("Agg")
from matplotlib import colormaps  # noqa: E402
from matplotlib import pyplot as plt  # noqa: E402

from metahdr.evaluation.predictions import prediction_name  # noqa: E402
from metahdr.images import read_hdr  # noqa: E402
from metahdr.protocols import PAPER  # noqa: E402
from metahdr.registry import METRICS  # noqa: E402
from metahdr.report.titles import label_title  # noqa: E402
from metahdr.scenes import Scene  # noqa: E402

ERROR_LIMIT = 0.5  # mean absolute error over RGB at which the error map is at its brightest


def display(linear: np.ndarray) -> np.ndarray:
    """Linear light as 8 bits, the same way for every picture: clipped to what a display shows, gamma 2.2."""
    return np.round(np.clip(linear, 0, 1) ** (1 / 2.2) * 255).astype(np.uint8)


def error_map(prediction: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Absolute error of linear values in the protocol's range, averaged over RGB, as a picture."""
    prediction, truth = (PAPER.target(torch.from_numpy(image)).numpy() for image in (prediction, truth))
    error = np.abs(prediction - truth).mean(-1)
    return (colormaps["inferno"](np.clip(error / ERROR_LIMIT, 0, 1))[..., :3] * 255).astype(np.uint8)


def strip(scene: Scene, ev: float, predictions: Path, adapted: str) -> str:
    """Input, single-shot, adapted, truth and the two error maps in a row, as a data URI."""
    index = scene.evs.index(ev)
    truth = scene.hdr.numpy().transpose(1, 2, 0)
    single, after = (read_hdr(predictions / prediction_name(scene.name, ev, mode)) for mode in ("single", adapted))
    pictures = [np.round(scene.ldr[index].numpy().transpose(1, 2, 0) * 255).astype(np.uint8)]
    pictures += [display(single), display(after), display(truth)]
    pictures += [error_map(single, truth), error_map(after, truth)]
    gap = np.full((truth.shape[0], 4, 3), 255, np.uint8)
    row = np.hstack([part for picture in pictures for part in (picture, gap)][:-1])
    return data_uri(iio.imwrite("<bytes>", row, extension=".jpg", quality=92), "image/jpeg")


def curves(histories: dict[str, pd.DataFrame]) -> str:
    """Meta-loss and the protocol's validation metrics over the iterations, one colour per run, as SVG."""
    metrics = [METRICS[name] for name in PAPER.validates]
    figure, axes = plt.subplots(1, 1 + len(metrics), figsize=(11, 3.1), layout="constrained")
    for run, history in histories.items():
        smooth = history.meta_loss.rolling(10, min_periods=1).mean()
        (line,) = axes[0].plot(history.iteration, smooth, label=label_title(run))
        measured = history.dropna()
        for axis, metric in zip(axes[1:], metrics, strict=True):
            for mode, style, title in (("single", ":", "single-shot"), ("adapted", "-", "adapted")):
                axis.plot(
                    measured.iteration,
                    measured[f"{metric.name}_{mode}"],
                    style,
                    color=line.get_color(),
                    marker="o",
                    markersize=3,
                    label=f"{label_title(run)}, {title}",
                )
    titles = ["meta-loss (mean of 10)", *(f"validation {metric.heading}" for metric in metrics)]
    for axis, title in zip(axes, titles, strict=True):
        axis.set(title=title, xlabel="meta-iteration")
        axis.xaxis.get_major_locator().set_params(integer=True)
        axis.grid(alpha=0.3)
    axes[0].legend(frameon=False, fontsize=8)
    axes[-1].legend(frameon=False, fontsize=8)
    return _svg(figure)


def data_uri(data: bytes, kind: str) -> str:
    """A file's content as an address that stands inside the page."""
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def _svg(figure) -> str:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    plt.close(figure)
    return data_uri(buffer.getvalue(), "image/svg+xml")
