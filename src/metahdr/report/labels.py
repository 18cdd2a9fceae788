"""The comparison of simulated labels as a figure, and the card of a trained HDR-CNN."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from metahdr.config.photometry import Photometry
from metahdr.methods.base import Method
from metahdr.registry import METHODS, METRICS
from metahdr.report.sheet import sheet
from metahdr.scenes.scene import Scenes

SHOWN_STOPS = (0, -3)  # as exposed, and three stops darker, where values above 1 become visible


@torch.inference_mode()
def label_figure(path: Path, scenes: Scenes, names: list[str], methods: Sequence[Method], ev: float) -> None:
    """Input, labels and truth of some scenes, each at two display exposures, as PNG.

    Args:
        names: of the scenes.
        methods: that take single exposures.
        ev: of the exposure that is labelled.
    """
    rows = []
    for name in names:
        scene = scenes[list(scenes.table.scene).index(name)]
        index = scene.evs.index(ev)
        x = scene.ldr[index : index + 1]
        labels = [method.reconstruct(x, scene.stops[index : index + 1]) for method in methods]
        scale = 2.0 ** scene.stops[index]
        images = [_picture(image) for image in (x**2.2, *(label * scale for label in (*labels, scene.hdr[None])))]
        for stops in SHOWN_STOPS:
            shown = f"{stops:+d} stops" if stops else "as exposed"
            rows.append((f"{name}\n{shown}", [image * 2.0**stops for image in images]))
    sheet(path, ["input", *(method.title for method in methods), "truth"], rows)


def _picture(image: Tensor) -> np.ndarray:
    return image[0].numpy().transpose(1, 2, 0)


def model_card(
    facts: dict, digest: str, commit: str, summary: pd.DataFrame, held_out: list[str], photometry: Photometry
) -> str:
    """What a trained HDR-CNN is, as Markdown.

    Args:
        facts: of the weight file.
        digest: its SHA-256.
        commit: of the code that judged it.
        summary: from `compare_methods`.
        held_out: the test sources.
        photometry: that it was judged with.
    """
    settings = facts["settings"]
    lines = [
        "# HDR-CNN, compact",
        "",
        f"HDR-CNN (Eilertsen et al. 2017) with {facts['width']:g} times the channels, trained by this project to",
        "simulate HDR labels from single exposures. Licence: as the project; data CC0.",
        "",
        f"- file: sha256 `{digest}`",
        f"- seed {facts['seed']}, commit `{facts['commit']}` (judged at `{commit}`)",
        f"- {settings['steps']} steps of {settings['batch']} images of {settings['size']}x{settings['size']}",
        "",
        "Recipe, as `hdrcnn:` in the configuration takes it:",
        "",
        *(f"    {key}: {value}" for key, value in settings.items()),
        "",
        f"## Scores on {len(held_out)} panoramas it never saw",
        "",
        ", ".join(held_out) + ".",
        "",
        f"The truth's {photometry.percentile:g}th percentile of luminance is at {photometry.luminance:g} cd/m2;",
        "no alignment. Clipped: pixels with a channel at 255. Means over scenes and exposures; 95 % t",
        "intervals over places; the difference from this model is paired.",
        "",
        "| metric | region | method | mean | interval | difference | interval | exposures |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in summary.itertuples():
        lines.append(
            f"| {METRICS[row.metric].heading} | {row.region} | {METHODS[row.method].title} "
            f"| {row.mean:.3f} | {row.low:.3f} to {row.high:.3f} "
            f"| {row.difference:+.3f} | {row.difference_low:+.3f} to {row.difference_high:+.3f} | {row.count} |"
        )
    lines += ["", f"## Trained on {len(facts['trained_on'])} panoramas", "", "| slug | sha256 |", "|---|---|"]
    lines += [f"| {name} | `{value}` |" for name, value in sorted(facts["trained_on"].items())]
    return "\n".join(lines) + "\n"
