import pandas as pd

from metahdr.evaluation.tried import Tried, tried


def test_trainings_and_the_checkpoints_compared_in_them_are_counted(tmp_path):
    trainings = [
        (fold, "metahdr", run, seed) for fold in (0, 1) for run in ("true", "simulated") for seed in (0, 1)
    ]
    trainings.append((0, "lpips", "true", 0))
    left_over = (1, "lpips", "true", 7)  # of an earlier configuration; not in the scores
    for fold, variant, run, seed in [*trainings, left_over]:
        folder = tmp_path / f"fold{fold}" / variant / run / f"seed{seed}"
        folder.mkdir(parents=True)
        # three meta-iterations, two of them validated
        pd.DataFrame({"iteration": [1, 2, 3], "ssim_adapted": [None, 0.5, 0.6]}).to_csv(
            folder / "history.csv", index=False
        )
    scores = pd.DataFrame(trainings, columns=["fold", "method", "label_source", "seed"]).astype({"seed": str})
    baseline = pd.DataFrame({"fold": [0], "method": ["ldr"], "label_source": ["none"], "seed": ["none"]})
    found = tried(tmp_path, pd.concat([baseline, scores]))
    assert found == Tried(2, 2, 2, 2, 9, 18)
    assert (found.metric, found.split) == ("ssim", "validation")


def test_a_run_without_trainings_tried_nothing(tmp_path):
    baseline = pd.DataFrame({"fold": [0], "method": ["ldr"], "label_source": ["none"], "seed": ["none"]})
    assert tried(tmp_path, baseline) == Tried(0, 0, 0, 0, 0, 0)
