"""Adapt one network by 0 to 10 inner steps and measure its reconstructions of test scenes."""

from pathlib import Path

import torch

from metahdr.config.photometry import Photometry
from metahdr.evaluation.steps import values_by_step
from metahdr.registry import METRICS
from metahdr.scenes.scene import Scenes
from metahdr.tables import write_table
from metahdr.workflow.script import run


def main(
    network: Path,
    data: Path,
    label_source: str,
    names: list[str],
    photometry: Photometry,
    threads: int,
    steps: Path,
) -> None:
    """`data`: folder of the fold; `names`: of the metrics; `steps`: the table that is written."""
    torch.set_num_threads(threads)
    metrics = [METRICS[name] for name in names]
    table = values_by_step(network, Scenes(data, "test"), label_source, metrics, photometry)
    write_table(steps, table, "%.6g")


if __name__ == "__main__":
    run(main)
