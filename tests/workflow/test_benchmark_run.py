"""The field's methods side by side: what is planned, and a tiny run laid over the smoke run."""

import re
import shutil

from runs import overlay, planned, snakemake

from metahdr.tables import read_table

BENCHMARK = ["benchmark", "--configfile", "config/benchmark.yaml"]
MERGES = {"kalantari_direct", "kalantari_we", "kalantari_wie", "wu_unet", "wu_resnet", "ahdrnet"}
DATA = "results/smoke/polyhaven-mini"
TINY = """
meta: {label_sources: [simulated], seeds: [0]}
score:
  metrics: [mu_psnr]
  methods: [gamma_2, debevec_all, merge_flow, ahdrnet]
training: {ahdrnet: {size: 32, steps: 2, batch: 2, features: 4, growth: 2}}
benchmark: {sizes: [[64, 48]], in_report: true}
"""


def test_each_network_is_trained_once_and_moving_brackets_are_made_once(checkout):
    jobs = planned(checkout, *BENCHMARK)
    assert jobs["move"] == 1
    assert jobs["train_method"] >= len(MERGES)
    moving = jobs["reconstruct"] - jobs["benchmark_cost"]
    assert moving >= len(MERGES) + 3 and jobs["benchmark_cost"] == moving
    assert jobs["score"] == jobs["reconstruct"] + jobs["adapt"]


def test_the_default_run_trains_and_moves_nothing_of_it(checkout):
    jobs = planned(checkout)
    assert "move" not in jobs and jobs["train_method"] == 1, "the lookup table"


def test_moved_and_still_pixels_of_the_test_scenes_are_scored_apart(smoke, tmp_path):
    folder = shutil.copytree(smoke, tmp_path / "checkout", symlinks=True)
    result = snakemake(folder, "benchmark", *overlay(tmp_path, TINY))
    assert result.returncode == 0, result.stdout[-4000:]
    scores = read_table(folder / DATA / "moving/scores.csv")
    scenes = read_table(folder / DATA / "fold0/scenes.csv")
    assert set(scores.place) == set(scenes.place[scenes.split == "test"])
    assert set(scores.ev) == {0.0}
    assert set(scores.region) == {"all", "moved", "still"}
    assert scores.groupby(["method", "region"]).scene.nunique().nunique() == 1
    table = (folder / DATA / "benchmark/tables.md").read_text(encoding="utf-8")
    titles = re.findall("^## (.*)$", table, re.M)
    assert titles == [
        *("One exposure", "A still bracket", "A moving bracket"),
        *("Where the idea of each lies", "What each method takes", "How the networks were trained"),
    ]
    costs = read_table(folder / DATA / "fold0/costs/ahdrnet.csv")
    assert costs[["width", "height"]].to_numpy().tolist() == [[64, 48]] and costs.seconds[0] > 0
    assert (folder / DATA / "benchmark/moving.svg").read_text(encoding="utf-8").count("<image") >= 4
    page = (folder / DATA / "benchmark/index.html").read_text(encoding="utf-8")
    assert page.count('<section id="setting') == 3 and "64x48, GB" in page
    report = (folder / "results/smoke/report/index.html").read_text(encoding="utf-8")
    section = report[report.index('<section id="benchmark">') :]
    assert section.count("<details") >= 3 and 'href="../polyhaven-mini/benchmark/index.html"' in section
    assert '<section id="benchmark">' not in (smoke / "results/smoke/report/index.html").read_text(
        encoding="utf-8"
    )
