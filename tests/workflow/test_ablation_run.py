"""Variants of meta-training on crops of the real panoramas, added to a copy of the smoke run."""

import shutil

import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from checkout import check_out
from runs import SMOKE, overlay, planned, snakemake

from metahdr.tables import read_table
from metahdr.workflow.plan import jobs

DATA = "results/smoke/polyhaven-mini"
CELL = ["method", "seed", "mode"]
SAME = f"{DATA}/fold0/same/simulated/seed0/best.pt"
VARIANTS = """
meta:
  label_sources: [simulated]
  variants:
    same: {seeds: [0]}
    short: {meta: {inner_steps: %d, outer_lr: 0.01}}
"""


@pytest.fixture(scope="module")
def compared(smoke, tmp_path_factory):
    """A copy of the smoke run's checkout after `ablation` with two more variants, one of them with one seed.

    One is trained under torchrun, while the others are of one process each. All is started through the profile for
    GPUs, which a machine without one runs as well.
    """
    folder = shutil.copytree(smoke, tmp_path_factory.mktemp("ablation") / "checkout")
    profile = ["--workflow-profile", "workflow/profiles/gpus"]
    shared = overlay(folder.parent, "machine: {processes: 2}" + VARIANTS % 1)
    assert snakemake(folder, SAME, *profile, *shared).returncode == 0
    result = snakemake(folder, "ablation", *profile, *overlay(folder.parent, VARIANTS % 1))
    assert result.returncode == 0, result.stdout[-4000:]
    return folder


@pytest.fixture(scope="module")
def scores(compared):
    """The scores of all variants; a column a metric."""
    scores = read_table(compared / DATA / "scores.csv")
    scores = scores[
        (scores.alignment == "plain") & (scores.region == "all") & (scores.label_source == "simulated")
    ]
    return scores.pivot(index=[*CELL, "scene", "ev"], columns="metric", values="value").reset_index()


def checkpoint(folder, variant: str, seed: int) -> dict:
    path = folder / DATA / "fold0" / variant / "simulated" / f"seed{seed}" / "last.pt"
    return torch.load(path, weights_only=True)["parameters"]


def test_every_variant_and_seed_is_scored_on_the_same_scenes_and_exposures(smoke, scores):
    test = read_table(smoke / DATA / "scores.csv")
    expected = sorted(set(zip(test.scene, test.ev, strict=True)))
    trained = [("metahdr", "0"), ("metahdr", "1"), ("joint", "0"), ("same", "0"), ("short", "0"), ("short", "1")]
    groups = scores.groupby(CELL)
    modes = ("single", "adapted_true", "adapted_simulated")
    assert set(groups.groups) == {(*each, mode) for each in trained for mode in modes}
    for _, rows in groups:
        assert sorted(zip(rows.scene, rows.ev, strict=True)) == expected


def test_the_seeds_and_the_variants_are_trained_apart(compared, scores):
    first, second = (scores[(scores.method == "short") & (scores.seed == seed)] for seed in ("0", "1"))
    assert not np.allclose(first.psnr, second.psnr)
    for ours, theirs in ((("short", 0), ("short", 1)), (("metahdr", 0), ("short", 0))):
        a, b = checkpoint(compared, *ours), checkpoint(compared, *theirs)
        assert any(not torch.equal(a[name], b[name]) for name in a)


def test_a_variant_without_changes_is_section_meta_as_it_is_in_two_processes_as_in_one(smoke, compared):
    once, again = checkpoint(smoke, "metahdr", 0), checkpoint(compared, "same", 0)
    assert once.keys() == again.keys()
    assert all(torch.equal(once[name], again[name]) for name in once)


def test_the_summary_and_the_page_hold_the_means_of_the_scores(compared, scores):
    summary = read_table(compared / DATA / "ablation/summary.csv")
    summary = summary[
        (summary.alignment == "plain") & (summary.region == "all") & (summary.label_source == "simulated")
    ]
    summary = summary.set_index(["table", "metric", "method", "mode"]).sort_index()
    tables = {"all": scores, "fold0_seed0": scores[scores.seed == "0"]}
    variants = {"all": ["metahdr", "short"], "fold0_seed0": ["metahdr", "joint", "same", "short"]}
    assert set(summary.index.get_level_values("table")) == set(tables)
    for name, rows in tables.items():
        means = rows.groupby(["method", "mode"]).psnr.mean().loc[variants[name]]
        here = summary.loc[name, "psnr"]
        assert set(here.index) == set(means.index)
        pd.testing.assert_series_equal(here["mean"], means, check_names=False, check_like=True, rtol=1e-4)
        difference = means["short", "adapted_simulated"] - means["metahdr", "adapted_simulated"]
        assert here.difference["short", "adapted_simulated"] == pytest.approx(difference, abs=1e-3)
    assert (summary.loc["fold0_seed0"].xs("same", level="method").difference == 0).all()
    page = (compared / DATA / "ablation/ablation.md").read_text(encoding="utf-8")
    means = scores.groupby(["method", "mode"]).psnr.mean()
    single, adapted = means["metahdr", "single"], means["metahdr", "adapted_simulated"]
    assert f"| metahdr | simulated labels | {single:.2f} | {adapted:.2f} [" in page
    assert "| short | `inner_steps: 1`, `outer_lr: 0.01` | 6 | 12 |" in page
    assert (compared / DATA / "ablation/ablation.png").stat().st_size > 5_000


def test_one_changed_variant_runs_that_variant_alone(compared, tmp_path):
    assert planned(compared, "ablation", *overlay(tmp_path, VARIANTS % 1)) == {}
    changed = planned(compared, "ablation", *overlay(tmp_path, VARIANTS % 2))
    trained = {"meta_train": 2, "adapt": 4, "score": 4}
    assert changed == trained | {"aggregate": 1, "ablation": 1}
    more = VARIANTS % 1 + "    first_order: {meta: {second_order: false}}\n"
    assert planned(compared, "ablation", *overlay(tmp_path, more)) == changed


def test_variants_leave_what_the_run_has_as_it_is(compared):
    assert planned(compared, *SMOKE) == {"aggregate": 1, "report": 1, "all": 1}


def test_a_run_that_has_variants_is_compared_as_it_is(smoke):
    assert planned(smoke, "ablation", *SMOKE) == {"ablation": 1}


def test_a_mistake_in_a_variant_stops_before_any_work(smoke, tmp_path):
    mistake = "meta: {variants: {short: {meta: {inner_stps: 1}}}}"
    result = snakemake(smoke, "ablation", *overlay(tmp_path, mistake))
    assert result.returncode != 0
    assert "meta.variants.short.meta.inner_stps: unknown key; did you mean inner_steps?" in result.stdout
    assert "Traceback" not in result.stdout and "rule " not in result.stdout


def test_an_ablation_without_variants_says_what_is_missing_before_any_other_work(tmp_path):
    folder = check_out(tmp_path / "checkout")
    config = folder / "config/config.yaml"
    values = yaml.safe_load(config.read_text(encoding="utf-8"))
    values["meta"]["variants"] = {}
    config.write_text(yaml.safe_dump(values), encoding="utf-8")
    result = snakemake(folder, "ablation")
    assert result.returncode != 0
    assert "meta.variants: no variant to compare with section meta as it is" in result.stdout
    assert "--configfile config/ablation.yaml" in result.stdout
    assert "Traceback" not in result.stdout
    assert jobs(result.stdout) == {"ablation": 1}
