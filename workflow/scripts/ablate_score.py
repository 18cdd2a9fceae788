"""Adapt one arm's network on every test scene and score it, without keeping the reconstructions."""

from pathlib import Path

import torch

from metahdr.evaluation.ablation import score_arm
from metahdr.files import atomic_write
from metahdr.scenes import Scenes
from metahdr.script import run


def main(data: Path, model: Path, arm: str, seed: int, source: str, threads: int, scores: Path) -> None:
    torch.set_num_threads(threads)
    table = score_arm(Scenes(data, "test"), model, source, arm, seed)
    with atomic_write(scores) as part:
        table.to_csv(part, index=False, float_format="%.6g")


if __name__ == "__main__":
    run(main)
