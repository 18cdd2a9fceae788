"""Judge a method of single exposures and of brackets in every setting of the study."""

from pathlib import Path

import torch

from metahdr.config.photometry import Photometry
from metahdr.config.radiance_study import RadianceStudy
from metahdr.datasets.register import known_places
from metahdr.evaluation.scores import check_not_empty
from metahdr.methods.unseen import check_unseen
from metahdr.registry import METHODS, MethodName
from metahdr.scenes.scene import Scenes
from metahdr.studies.radiance.opencv import OpenCVMerge
from metahdr.studies.radiance.scores import judge_radiance
from metahdr.tables import write_table
from metahdr.workflow.script import run


def main(
    data: Path,
    register: Path,
    methods: list[MethodName],
    weights: dict,
    settings: RadianceStudy,
    photometry: Photometry,
    threads: int,
    scores: Path,
) -> None:
    """`data`: of one fold; `methods`: that are judged, ours among them; `weights`: files of methods, by name."""
    torch.set_num_threads(threads)
    scenes = Scenes(data, settings.split)
    check_not_empty(scenes, data)
    loaded = {}
    for name in methods:
        file = Path(weights[name]) if name in weights else None
        loaded[name] = METHODS[name].load(file)
        check_unseen(scenes.table, loaded[name], file, known_places(register))
    ours = loaded.pop(settings.ours)
    rows = judge_radiance(scenes, ours, [*loaded.values(), OpenCVMerge()], photometry)
    write_table(scores, rows, "%.6g")


if __name__ == "__main__":
    run(main)
