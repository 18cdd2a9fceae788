"""Compare a trained HDR-CNN's labels with ExpandNet's and with none, on the test scenes."""

from pathlib import Path

from metahdr.config.score import Score
from metahdr.evaluation.judge import BASELINES, compare, judge, typical_scenes
from metahdr.files import atomic_write, sha256
from metahdr.git import commit
from metahdr.labels.simulate import check_unseen
from metahdr.report.labels import label_figure, model_card
from metahdr.scenes import Scenes
from metahdr.script import run
from metahdr.weights.hdrcnn import load_simulator, read_facts

OURS = "HDR-CNN"


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
    scenes = Scenes(data, "test")
    facts = read_facts(model)
    check_unseen(scenes, list(facts["trained_on"]), model)
    networks = {OURS: load_simulator(model), "ExpandNet": load_simulator(expandnet)}
    rows = judge(scenes, BASELINES | networks)
    table = compare(rows, OURS, settings.bootstrap, settings.confidence, seed)
    for path, frame in ((scores, rows), (summary, table)):
        with atomic_write(path) as part:
            frame.to_csv(part, index=False)
    label_figure(figure, scenes, typical_scenes(rows, figure_ev), networks, figure_ev)
    with atomic_write(card) as part:
        held_out = sorted(set(scenes.table.source))
        part.write_text(model_card(facts, sha256(model), commit(), table, held_out))


if __name__ == "__main__":
    run(main)
