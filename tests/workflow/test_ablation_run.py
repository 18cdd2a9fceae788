"""The ablation on crops of the real panoramas: two arms, two seeds, two processes each."""

import numpy as np
import pandas as pd
import pytest
import torch
from runs import overlay, planned, snakemake

FOLDER = "results/smoke/polyhaven-mini/ablation"
# Under torchrun, while the smoke run's trainings are of one process each.
ABLATION = """
machine: {processes: 2}
ablation:
  seeds: [0, 1]
  arms:
    maml: {}
    short: {inner_steps: %d, outer_lr: 0.01}
"""


@pytest.fixture(scope="module")
def ablation(smoke, tmp_path_factory):
    """The scores of the ablation, run in the checkout; a column a metric."""
    result = snakemake(smoke, "ablation", *overlay(tmp_path_factory.mktemp("ablation"), ABLATION % 1))
    assert result.returncode == 0, result.stdout[-4000:]
    scores = pd.read_csv(smoke / FOLDER / "scores.csv")
    scores = scores[(scores.alignment == "plain") & (scores.region == "all")]
    return scores.pivot(
        index=["arm", "seed", "scene", "ev", "mode"], columns="metric", values="value"
    ).reset_index()


def checkpoint(smoke, arm: str, seed: int) -> dict:
    return torch.load(smoke / FOLDER / arm / f"seed{seed}" / "last.pt", weights_only=True)["parameters"]


def test_every_arm_and_seed_is_scored_on_the_same_scenes_and_exposures(smoke, ablation):
    test = pd.read_csv(smoke / "results/smoke/polyhaven-mini/scores.csv", keep_default_na=False)
    expected = sorted(set(zip(test.scene, test.ev, strict=True)))
    runs = ablation.groupby(["arm", "seed", "mode"])
    assert set(runs.groups) == {
        (a, s, m) for a in ("maml", "short") for s in (0, 1) for m in ("single", "adapted")
    }
    for _, rows in runs:
        assert sorted(zip(rows.scene, rows.ev, strict=True)) == expected


def test_the_seeds_and_the_arms_are_trained_apart(smoke, ablation):
    first, second = (ablation[(ablation.arm == "maml") & (ablation.seed == seed)] for seed in (0, 1))
    assert not np.allclose(first.psnr, second.psnr)
    for ours, theirs in ((("maml", 0), ("maml", 1)), (("maml", 0), ("short", 0))):
        a, b = checkpoint(smoke, *ours), checkpoint(smoke, *theirs)
        assert any(not torch.equal(a[name], b[name]) for name in a)


def test_an_arm_without_changes_and_with_the_runs_seed_is_the_default_run(smoke, ablation):
    trained = smoke / "results/smoke/polyhaven-mini/fold0/metahdr/simulated/seed0/last.pt"
    once = torch.load(trained, weights_only=True)["parameters"]
    again = checkpoint(smoke, "maml", 0)
    assert all(torch.equal(once[name], again[name]) for name in once)


def test_the_summary_and_the_page_hold_the_means_of_the_scores(smoke, ablation):
    summary = pd.read_csv(smoke / FOLDER / "summary.csv")
    summary = summary[(summary.alignment == "plain") & (summary.region == "all")].set_index(
        ["metric", "arm", "mode"]
    )
    means = ablation.groupby(["arm", "mode"]).psnr.mean()
    for arm, mode in means.index:
        assert summary["mean"]["psnr", arm, mode] == pytest.approx(means[arm, mode], rel=1e-4)
    difference = means["short", "adapted"] - means["maml", "adapted"]
    assert summary.difference["psnr", "short", "adapted"] == pytest.approx(difference, abs=1e-3)
    page = (smoke / FOLDER / "ablation.md").read_text()
    assert f"| maml | {means['maml', 'single']:.2f} | {means['maml', 'adapted']:.2f} [" in page
    assert "| short | `inner_steps: 1`, `outer_lr: 0.01` | 6 | 12 |" in page
    assert (smoke / FOLDER / "ablation.png").stat().st_size > 5_000


def test_one_changed_arm_runs_that_arm_alone(smoke, ablation, tmp_path):
    assert planned(smoke, "ablation", *overlay(tmp_path, ABLATION % 1)) == {}
    jobs = planned(smoke, "ablation", *overlay(tmp_path, ABLATION % 2))
    assert jobs == {"ablate_train": 2, "ablate_score": 2, "ablate_compare": 1, "ablation": 1}
    more = ABLATION % 1 + "    first_order: {second_order: false}\n"
    assert planned(smoke, "ablation", *overlay(tmp_path, more)) == jobs


def test_an_ablation_leaves_the_default_run_as_it_is(smoke, ablation, tmp_path):
    jobs = planned(smoke, *overlay(tmp_path, ABLATION % 1))
    assert jobs == {"report": 1, "all": 1}  # the report holds the whole configuration


def test_a_mistake_in_an_arm_stops_before_any_work(smoke, tmp_path):
    result = snakemake(smoke, "ablation", *overlay(tmp_path, "ablation: {arms: {maml: {inner_stps: 1}}}"))
    assert result.returncode != 0
    assert "ablation.arms.maml.inner_stps: unknown key; did you mean inner_steps?" in result.stdout
    assert "Traceback" not in result.stdout and "rule " not in result.stdout


def test_an_ablation_without_arms_says_what_is_missing(smoke, tmp_path):
    result = snakemake(smoke, "ablation", *overlay(tmp_path, "results: results/none"))
    assert result.returncode != 0
    assert "ablation.arms: no arm to compare" in result.stdout
    assert "Traceback" not in result.stdout
