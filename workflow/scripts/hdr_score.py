"""Judge a method of single exposures and of brackets on every task of the hdr judgement."""

from pathlib import Path

import torch

from metahdr.config.hdr import Hdr
from metahdr.config.photometry import Photometry
from metahdr.datasets.register import known_places
from metahdr.evaluation.hdr import judge_hdr
from metahdr.evaluation.opencv import OpenCVMerge
from metahdr.evaluation.scores import check_not_empty
from metahdr.methods.unseen import check_unseen
from metahdr.registry import METHODS
from metahdr.scenes.scene import Scenes
from metahdr.tables import write_table
from metahdr.workflow.script import run


def main(
    data: Path,
    register: Path,
    methods: list[str],
    weights: dict,
    settings: Hdr,
    photometry: Photometry,
    threads: int,
    scores: Path,
) -> None:
    """`data`: of one fold; `methods`: that ours is compared with; `weights`: files of methods, by name."""
    torch.set_num_threads(threads)
    scenes = Scenes(data, settings.split)
    check_not_empty(scenes, data)
    loaded = {}
    for name in dict.fromkeys([settings.ours, settings.bracket, "debevec_all", *methods]):
        file = Path(weights[name]) if name in weights else None
        loaded[name] = METHODS[name].load(file)
        check_unseen(scenes.table, loaded[name], file, known_places(register))
    ours = loaded.pop(settings.ours)
    rows = judge_hdr(scenes, ours, [*loaded.values(), OpenCVMerge()], photometry)
    write_table(scores, rows, "%.6g")


if __name__ == "__main__":
    run(main)
