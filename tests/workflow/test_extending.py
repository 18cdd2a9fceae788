"""docs/extending.md taken at its word: its package beside the project, its entries in a run's table."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib

import pandas as pd
import pytest
from checkout import REPOSITORY
from runs import overlay, planned, snakemake

from metahdr.images.files import read_hdr, write_exr
from metahdr.images.panorama import perspective_view
from metahdr.weights.facts import read_facts


def blocks(language: str) -> list[str]:
    """The code blocks of the page in one language."""
    page = (REPOSITORY / "docs/extending.md").read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def extended(smoke, tmp_path_factory):
    """A run on a dataset of another layout, with another loss, after the package was put on the path."""
    package = tmp_path_factory.mktemp("package")
    (package / "mine").mkdir()
    for block in blocks("python"):
        (package / block.splitlines()[0].removeprefix("# ")).write_text(block, encoding="utf-8")
    (project,) = map(tomllib.loads, blocks("toml"))
    facts = package / "mine-1.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: mine\nVersion: 1\n", encoding="utf-8")
    (facts / "entry_points.txt").write_text(
        "".join(
            f"[{group}]\n" + "".join(f"{name} = {place}\n" for name, place in points.items())
            for group, points in project["project"]["entry-points"].items()
        ),
        encoding="utf-8",
    )

    folder = tmp_path_factory.mktemp("extended")
    shutil.copytree(smoke, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("results", ".snakemake"))
    for number, path in enumerate(sorted((smoke / "data/raw/polyhaven-mini").glob("*.hdr"))[:6]):
        view = perspective_view(read_hdr(path).clip(0), 40.0 * number, 70, 64)
        write_exr(folder / "photographs" / path.stem / "image.exr", view)
    (entry,) = blocks("yaml")
    register = folder / "config/datasets.yaml"
    register.write_text(f"{register.read_text(encoding='utf-8')}\n{entry}", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([str(package), str(folder / "src")]))
        command = [sys.executable, "-m", "metahdr.cli", "register", "trees", "photographs", "--kind", "folders"]
        subprocess.run(command, cwd=folder, check=True)
        score = "score: {metrics: [psnr, ssim, mae], methods: [ldr, gamma_1_8, debevec, curve]}"
        meta = "meta: {loss: l2, label_sources: [simulated], seeds: [0]}"
        run = f"data: {{dataset: trees, mirror: photographs}}\n{meta}"
        training = "training: {curve: {width: 4, steps: 3}}"
        settings = overlay(folder, f"{run}\n{training}\n{score}")
        result = snakemake(folder, *settings)
        assert result.returncode == 0, result.stdout[-4000:]
        yield folder, package, settings


def test_each_example_is_short():
    assert len(blocks("python")) == 7
    assert all(block.count("\n") < 40 for block in [*blocks("python"), *blocks("toml"), *blocks("yaml")])


def test_a_metric_a_method_a_loss_and_a_dataset_from_outside_are_in_the_runs_table(extended):
    folder, _, _ = extended
    scores = pd.read_csv(folder / "results/smoke/trees/scores.csv", keep_default_na=False)
    assert "mae" in set(scores.metric)
    assert "gamma_1_8" in set(scores.method)
    page = (folder / "results/smoke/report/index.html").read_text(encoding="utf-8")
    table = page[page.index('id="table"') : page.index('id="provenance"')]
    assert "MAE" in table and "x^1.8" in table
    mae = scores[scores.metric == "mae"].groupby("method").value.mean()
    summary = pd.read_csv(folder / "results/smoke/trees/summary.csv", keep_default_na=False)
    shown = summary[(summary.metric == "mae") & (summary.method == "gamma_1_8")]
    shown = shown[(shown.table == "all") & (shown.ev == "all")]
    assert shown["mean"].item() == pytest.approx(mae["gamma_1_8"], rel=1e-4)


def test_a_method_from_outside_is_trained_as_its_own_section_says_and_is_in_table_and_page(extended):
    folder, _, _ = extended
    results = folder / "results/smoke/trees"
    scores = pd.read_csv(results / "scores.csv", keep_default_na=False)
    assert set(scores.metric[(scores.method == "curve") & scores.value.notna()]) == {"psnr", "ssim", "mae"}
    page = (folder / "results/smoke/report/index.html").read_text(encoding="utf-8")
    assert "Learned curve" in page[page.index('id="table"') : page.index('id="provenance"')]
    facts = read_facts(results / "fold0/curve.safetensors")
    assert facts["settings"] == {"width": 4, "steps": 3, "learning_rate": 0.01, "save_every": 50}
    scenes = pd.read_csv(results / "fold0/scenes.csv")
    assert facts["trained_on"].keys() == set(scenes.source[scenes.split == "train"])
    assert list(pd.read_csv(results / "fold0/curve.csv").step) == [1, 2, 3]
    provenance = json.loads((results / "provenance.json").read_text(encoding="utf-8"))
    assert provenance["config"]["training"]["curve"] == facts["settings"]


def test_a_changed_or_misspelt_key_of_its_section_is_known(extended, tmp_path):
    folder, _, settings = extended
    longer, wrong = (tmp_path / f"{name}.yaml" for name in ("longer", "wrong"))
    longer.write_text("training: {curve: {steps: 4}}", encoding="utf-8")
    again = {"train_method", "reconstruct", "score", "aggregate", "report"}
    assert rules(folder, [*settings, str(longer)]) == again
    wrong.write_text("training: {curve: {stps: 4}, curv: {}}", encoding="utf-8")
    refusal = snakemake(folder, "--dry-run", *settings, str(wrong)).stdout
    assert "training.curve.stps: unknown key; did you mean steps?" in refusal
    assert "training.curv: unknown key; did you mean curve?" in refusal


def test_an_edited_metric_from_outside_is_scored_again_and_nothing_else_runs(extended):
    folder, package, settings = extended
    metric = package / "mine/mae.py"
    source = metric.read_text(encoding="utf-8")
    try:
        metric.write_text(source.replace("(prediction - truth)", "(truth - prediction)"), encoding="utf-8")
        assert rules(folder, settings) == {"score", "aggregate", "report"}
        metric.write_text(f"{source}\n# a comment\n", encoding="utf-8")
        assert rules(folder, settings) == set()
    finally:
        metric.write_text(source, encoding="utf-8")


def rules(folder, settings) -> set[str]:
    return planned(folder, *settings).keys() - {"all"}
