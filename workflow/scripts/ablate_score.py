"""Adapt one arm's network to every test scene and score the reconstructions, without keeping them."""

from pathlib import Path

import torch

from metahdr.config.score import Score
from metahdr.evaluation.ablation import score_arm
from metahdr.registry import METRICS
from metahdr.scenes.scene import Scenes
from metahdr.tables import write_table
from metahdr.workflow.script import run


def main(
    data: Path,
    model: Path,
    arm: str,
    seed: int,
    label_source: str,
    names: list[str],
    settings: Score,
    weights: dict,
    threads: int,
    scores: Path,
) -> None:
    """`data`: the fold's folder; `names`: of the metrics; `weights`: files that they need, by name."""
    torch.set_num_threads(threads)
    metrics = [METRICS[name] for name in names]
    files = {name: Path(file) for name, file in weights.items()}
    table = score_arm(Scenes(data, "test"), model, label_source, arm, seed, metrics, settings.photometry, files)
    write_table(scores, table, "%.6g")


if __name__ == "__main__":
    run(main)
