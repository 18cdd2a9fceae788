"""The comparison of simulated labels as a figure, and the card of a trained HDR-CNN."""

from collections.abc import Sequence

import pandas as pd

from metahdr.config.photometry import Photometry
from metahdr.methods.base import Method
from metahdr.registry import METHODS, METRICS
from metahdr.report.table import Table, lines, text_table
from metahdr.scenes.scene import Scenes
from metahdr.studies.exposure import picture_sheet

SHOWN = (("as exposed", 0), ("-3 stops", -3))  # three stops darker, values above 1 become visible


def label_figure(scenes: Scenes, names: list[str], methods: Sequence[Method], ev: float) -> str:
    """Input, labels and truth of some scenes, each at two display exposures, as SVG.

    Args:
        names: of the scenes.
        methods: that take single exposures.
        ev: of the exposure that is labelled.
    """
    rows = [(f"{name}, {shown}", name, ev, stops) for name in names for shown, stops in SHOWN]
    return picture_sheet(scenes, rows, methods)


def model_card(
    facts: dict, digest: str, commit: str, summary: pd.DataFrame, held_out: list[str], photometry: Photometry
) -> str:
    """What a trained HDR-CNN is, as Markdown.

    Args:
        facts: of the weight file.
        digest: its SHA-256.
        commit: of the code that judged it.
        summary: means of the methods and their differences from this one, from `compare`.
        held_out: the test sources.
        photometry: that it was judged with.
    """
    settings, trained_on = facts["settings"], sorted(facts["trained_on"].items())
    text = [
        "# HDR-CNN, compact",
        "",
        f"HDR-CNN (Eilertsen et al. 2017) with {facts['width']:g} times the channels, trained by this project to",
        "simulate HDR labels from single exposures. Licence: as the project; data CC0.",
        "",
        f"- file: sha256 `{digest}`",
        f"- seed {facts['seed']}, commit `{facts['origin']['commit']}` (judged at `{commit}`)",
        f"- {settings['steps']} steps of {settings['batch']} images of {settings['size']}x{settings['size']}",
        "",
        "Recipe, as `training.hdrcnn` in the configuration takes it:",
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
        lines(_scores(summary)),
        "",
        f"## Trained on {len(facts['trained_on'])} panoramas",
        "",
        lines(text_table("", ["sha256"], [(name, [f"`{value}`"]) for name, value in trained_on], corner="slug")),
    ]
    return "\n".join(text) + "\n"


def _scores(summary: pd.DataFrame) -> Table:
    heads = ["region", "method", "mean", "interval", "difference", "interval", "exposures"]
    rows = []
    for row in summary.itertuples():
        mean = [f"{row.mean:.3f}", f"{row.low:.3f} to {row.high:.3f}"]
        difference = [f"{row.difference:+.3f}", f"{row.difference_low:+.3f} to {row.difference_high:+.3f}"]
        cells = [row.region, METHODS[row.method].title, *mean, *difference, f"{row.count}"]
        rows.append((METRICS[row.metric].heading, cells))
    return text_table("", heads, rows, corner="metric")
