"""Pictures of the hdr judgement, chosen by rule."""

from pathlib import Path

import torch

from metahdr.config.hdr import Hdr
from metahdr.registry import METHODS
from metahdr.report.hdr import choose, pictures
from metahdr.scenes.scene import Scenes
from metahdr.tables import read_table
from metahdr.workflow.script import run


def main(
    data: Path,
    methods: list[str],
    weights: dict,
    settings: Hdr,
    threads: int,
    scores: Path,
    twenty: Path,
    eight: Path,
) -> None:
    """`data`: of one fold; `methods`: that are shown, ours among them; `weights`: files of methods, by name."""
    torch.set_num_threads(threads)
    shown = [METHODS[name].load(Path(weights[name]) if name in weights else None) for name in methods]
    rows, scenes = read_table(scores), Scenes(data, settings.split)
    for path, count in ((twenty, 20), (eight, 8)):
        pictures(path, scenes, choose(rows, settings.ours, count), shown)


if __name__ == "__main__":
    run(main)
