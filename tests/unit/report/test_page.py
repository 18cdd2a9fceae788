import re
import shutil

import pandas as pd
import pytest
import torch

from metahdr.config.meta import Meta
from metahdr.evaluation.predictions import write_predictions
from metahdr.evaluation.scores import METRICS, aggregate, score_exposures, score_predictions
from metahdr.images import write_exr
from metahdr.meta.learner import Learner
from metahdr.methods.metahdr import MetaHDR
from metahdr.report.page import write_page
from metahdr.scenes import Scenes, label_name
from metahdr.training import checkpoint

RUNS = ["true", "simulated"]
DATASET = {
    "name": "tiny",
    "title": "T",
    "version": "1",
    "citation": "C",
    "licence": "L",
    "homepage": "https://h.org",
}
ORIGIN = {
    "commit": "0123456789abcdef",
    "label models": "hdrcnn.safetensors, sha256 12ab",
    "uncommitted changes": True,
    "made": "2021-01-01",
    "machine": "M",
}
ORIGIN |= {"device": "CPU", "python": "3.11", "libraries": {"torch": "2"}, "seconds": {"label": 1.5}}


@pytest.fixture(scope="module")
def data(results, tmp_path_factory):
    return make_results(results, tmp_path_factory.mktemp("report") / "tiny", RUNS, RUNS)


def make_results(results, data, runs, sources):
    """A results folder with the predictions and scores of untrained runs."""
    shutil.copytree(results, data)
    scenes, settings = Scenes(data, "test"), Meta(filters=1, inner_steps=1)
    for scene in scenes:
        for ev, ldr in zip(scene.evs, scene.ldr, strict=True):
            write_exr(
                data / "labels" / "simulated" / label_name(scene.name, ev), ldr.numpy().transpose(1, 2, 0) ** 2
            )
    tables = [score_exposures(scenes)]
    for seed, run in enumerate(runs):
        torch.manual_seed(seed)
        values = {"parameters": Learner(settings).state_dict(), "settings": settings.model_dump_json()}
        checkpoint.save(data / run / "best.pt", values)
        write_predictions(MetaHDR.load(data / run / "best.pt"), scenes, sources, data / run / "predictions")
        tables.append(score_predictions(scenes, run, sources, data / run / "predictions"))
        history = {"iteration": [1, 2], "meta_loss": [1.0, 0.5]}
        history |= {f"{metric}_{mode}": [None, 0.5] for metric in METRICS for mode in ("single", "adapted")}
        pd.DataFrame(history).to_csv(data / run / "history.csv", index=False)
    scores = pd.concat(tables)
    scores.to_csv(data / "scores.csv", index=False)
    aggregate(scores, 50, 0.95, seed=0).to_csv(data / "summary.csv", index=False)
    return data


@pytest.fixture(scope="module")
def page(data):
    return write_page(data, RUNS, "seed: 0 # <b>mine</b>\n", DATASET | {"files": []}, ORIGIN)


def test_the_page_needs_nothing_from_outside(page):
    assert all(source.startswith("data:image/") for source in re.findall(r'src="([^"]*)"', page))
    assert set(re.findall(r'href="([^#"][^"]*)"', page)) == {"https://h.org"}
    assert not re.search(r"<script|<link|@import|url\(", page)


def test_every_mean_and_every_gain_of_the_summary_is_in_the_table(data, page):
    table = page[page.index('id="table"') : page.index('id="exposures"')]
    for row in pd.read_csv(data / "summary.csv").itertuples():
        digits = {"ssim": 4, "psnr": 2}[row.metric]
        assert f"{row.mean:.{digits}f}<small>{row.low:.{digits}f} – {row.high:.{digits}f}" in table
        if row.mode.startswith("adapted"):
            assert f"{row.gain:+.{digits}f}</span><small>{row.gain_low:+.{digits}f}" in table


def test_the_papers_numbers_stand_beside_ours_where_they_are_known(data, page, tmp_path):
    assert "The paper's numbers are not shown" in page
    published = tmp_path / "published.csv"
    published.write_text(
        "run,mode,ssim,psnr\n"
        + "".join(
            f"{run},{mode},{ssim},{psnr}\n"
            for run, mode, ssim, psnr in [
                ("none", "ldr", 0.111, 1.25),
                ("true", "single", 0.222, 2.25),
                ("true", "adapted_true", "", ""),
                ("true", "adapted_simulated", "", ""),
                ("simulated", "single", "", ""),
                ("simulated", "adapted_true", "", ""),
                ("simulated", "adapted_simulated", 0.333, 3.25),
            ]
        )
    )
    filled = write_page(data, RUNS, "", DATASET | {"files": []}, ORIGIN, published)
    assert "The paper's numbers are not shown" not in filled
    rows = re.findall(r"<tr><td>(.*?)</tr>", filled[: filled.index('id="exposures"')], re.DOTALL)
    last = {row.partition("<")[0]: re.findall(r"<td>([^<]*)</td>", row)[-4:] for row in rows}
    assert last["LDR, no reconstruction"] == ["0.111", "1.25", "0.111", "1.25"]
    assert last["Single-shot"] == ["0.222", "2.25", "–", "–"]
    assert last["Adapted with simulated labels"] == ["–", "–", "0.333", "3.25"]


def test_a_run_with_merged_labels_alone_has_its_page(results, tmp_path):
    data = make_results(results, tmp_path / "tiny", ["debevec"], ["true", "simulated", "debevec"])
    page = write_page(data, ["debevec"], "", DATASET | {"files": []}, ORIGIN)
    table = page[page.index('id="table"') : page.index('id="exposures"')]
    rows = re.findall(r"<tr><td>(.*?)</td>", table)
    assert rows[1:] == [
        "Single-shot",
        "Adapted with true labels",
        "Adapted with simulated labels",
        "Adapted with merged exposures",
    ]
    assert "meta-trained with debevec labels" in table
    assert "paper, " not in table
    scores = pd.read_csv(data / "scores.csv")
    gains = scores.pivot_table(index=["scene", "ev"], columns="mode", values="psnr")
    best = (gains.adapted_debevec - gains.single).max()
    assert f"({best:+.2f})" in re.sub("<[^>]*>", "", page[page.index('id="extremes"') :])


def test_every_test_scene_and_held_out_exposure_has_its_picture_in_each_run(data, page):
    scenes = page[page.index('id="scenes"') : page.index('id="data"')]
    for scene in Scenes(data, "test"):
        for ev in scene.evs:
            assert scenes.count(f"{scene.name}, EV {ev:+g}: PSNR") == len(RUNS)


def test_the_best_come_first_and_the_worst_last(page):
    extremes = page[page.index('id="extremes"') : page.index('id="scenes"')]
    for run in extremes.split("largest gain")[1:]:
        gains = [float(gain) for gain in re.findall(r">([+-]\d+\.\d\d)</span>", run)]
        assert len(gains) == 10, "five best and five worst"
        assert gains == sorted(gains[:5], reverse=True) + sorted(gains[5:], reverse=True)
        assert max(gains) == gains[0]
        assert min(gains) == gains[-1]


def test_what_a_user_wrote_is_shown_not_interpreted(page):
    assert "seed: 0 # &lt;b&gt;mine&lt;/b&gt;" in page


def test_the_page_says_where_its_numbers_come_from(page):
    assert "0123456789abcdef with uncommitted changes" in page
