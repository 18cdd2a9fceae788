"""Compare a trained HDR-CNN with ExpandNet and with linearisation alone, on the test scenes."""

from pathlib import Path

from metahdr.config.score import Score
from metahdr.datasets.register import known_places
from metahdr.evaluation.comparison import compare
from metahdr.files import sha256, write_text
from metahdr.methods.expandnet import ExpandNet
from metahdr.methods.gamma import Gamma2, Gamma22
from metahdr.methods.hdrcnn import HDRCNN
from metahdr.methods.unseen import check_unseen
from metahdr.scenes.scene import Scenes
from metahdr.studies.labels.judge import judge, typical_scenes
from metahdr.studies.labels.page import label_figure, model_card
from metahdr.tables import write_table
from metahdr.weights.facts import read_facts
from metahdr.workflow.git import commit
from metahdr.workflow.script import run


def main(
    data: Path,
    register: Path,
    model: Path,
    expandnet: Path,
    settings: Score,
    figure_ev: float,
    scores: Path,
    summary: Path,
    figure: Path,
    card: Path,
) -> None:
    """`data`: of one fold; `register`: of datasets, for their places.

    `model`, `expandnet`: the weight files of HDR-CNN and ExpandNet.
    """
    scenes = Scenes(data, "test")
    labellers = [HDRCNN.load(model), ExpandNet.load(expandnet)]
    for labeller, weights in zip(labellers, (model, expandnet), strict=True):
        check_unseen(scenes.table, labeller, weights, known_places(register))
    rows = judge(scenes, [Gamma2(), Gamma22(), *labellers], settings.photometry)
    table = compare(rows, ["method"], {"difference": {"method": "hdrcnn"}}, settings.confidence)
    write_table(scores, rows)
    write_table(summary, table)
    write_text(figure, label_figure(scenes, typical_scenes(rows, figure_ev), labellers, figure_ev))
    held_out, facts = sorted(set(scenes.table.source)), read_facts(model)
    write_text(card, model_card(facts, sha256(model), commit(), table, held_out, settings.photometry))


if __name__ == "__main__":
    run(main)
