"""Compare a trained HDR-CNN with ExpandNet and with linearisation alone, on the test scenes."""

from pathlib import Path

from metahdr.config.score import Score
from metahdr.evaluation.judge import compare_methods, judge, typical_scenes
from metahdr.files import atomic_write, sha256
from metahdr.git import commit
from metahdr.methods.unseen import check_unseen
from metahdr.registry import METHODS
from metahdr.report.labels import label_figure, model_card
from metahdr.scenes import Scenes
from metahdr.script import run
from metahdr.weights.hdrcnn import read_facts


def main(
    data: Path,
    model: Path,
    expandnet: Path,
    settings: Score,
    seed: int,
    figure_ev: float,
    scores: Path,
    summary: Path,
    figure: Path,
    card: Path,
) -> None:
    """`model`, `expandnet`: the weight files of HDR-CNN and ExpandNet."""
    scenes = Scenes(data, "test")
    files = {"gamma_2": None, "gamma_2_2": None, "hdrcnn": model, "expandnet": expandnet}
    methods = {name: METHODS[name].load(weights) for name, weights in files.items()}
    for name, weights in files.items():
        check_unseen(scenes, methods[name], weights)
    rows = judge(scenes, list(methods.values()))
    table = compare_methods(rows, "hdrcnn", settings.bootstrap, settings.confidence, seed)
    for path, frame in ((scores, rows), (summary, table)):
        with atomic_write(path) as part:
            frame.to_csv(part, index=False)
    shown = [methods["hdrcnn"], methods["expandnet"]]
    label_figure(figure, scenes, typical_scenes(rows, figure_ev), shown, figure_ev)
    with atomic_write(card) as part:
        held_out = sorted(set(scenes.table.source))
        part.write_text(model_card(read_facts(model), sha256(model), commit(), table, held_out))


if __name__ == "__main__":
    run(main)
