"""Adapt one network by 0 to 10 inner steps and measure its reconstructions of test scenes."""

from pathlib import Path

import torch

from metahdr.config.label import LabelSource
from metahdr.config.meta import Meta
from metahdr.config.photometry import Photometry
from metahdr.evaluation.steps import values_by_step
from metahdr.methods.metahdr import load_learner
from metahdr.registry import METRICS, MetricName
from metahdr.scenes.scene import Scenes
from metahdr.tables import write_table
from metahdr.training.trained_with import check_settings
from metahdr.workflow.script import run


def main(
    network: Path,
    data: Path,
    label_source: LabelSource,
    names: list[MetricName],
    trained_with: Meta,
    photometry: Photometry,
    threads: int,
    steps: Path,
) -> None:
    """`data`: folder of the fold; `names`: of the metrics; `steps`: the table that is written;
    `trained_with`: settings that the network must have been trained with."""
    torch.set_num_threads(threads)
    check_settings(network, load_learner(network)[1], trained_with)
    metrics = [METRICS[name] for name in names]
    table = values_by_step(network, Scenes(data, "test"), label_source, metrics, photometry)
    write_table(steps, table, "%.6g")


if __name__ == "__main__":
    run(main)
