import re
import shutil

import pandas as pd
import pytest
import torch

from metahdr.config.meta import Meta
from metahdr.evaluation.predictions import write_predictions
from metahdr.evaluation.scores import aggregate, list_predictions, score_predictions
from metahdr.images import write_exr
from metahdr.meta.learner import Learner
from metahdr.registry import METHODS, METRICS
from metahdr.report.page import verdict, write_page
from metahdr.scenes import Scenes, label_name
from metahdr.training import checkpoint

RUNS = ["true", "simulated"]
OTHERS = ["ldr", "gamma_2", "debevec"]
SCORED = [METRICS[name] for name in ("ssim", "psnr", "log_rmse", "log_rmse_clipped")]
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
    "networks' code": {"true": "c0de" * 16, "simulated": "beef" * 16},
    "networks of other code": ["simulated"],
    "made": "2021-01-01",
    "machine": "M",
}
ORIGIN |= {"device": "CPU", "python": "3.11", "libraries": {"torch": "2"}, "seconds": {"label": 1.5}}


@pytest.fixture(scope="module")
def data(results, tmp_path_factory):
    return make_results(results, tmp_path_factory.mktemp("report") / "tiny", RUNS, RUNS)


def make_results(results, data, runs, sources):
    """A results folder with the predictions and scores of untrained runs and of other methods."""
    shutil.copytree(results, data)
    scenes, settings = Scenes(data, "test"), Meta(filters=1, inner_steps=1)
    for scene in scenes:
        for ev, ldr in zip(scene.evs, scene.ldr, strict=True):
            write_exr(
                data / "labels" / "simulated" / label_name(scene.name, ev), ldr.numpy().transpose(1, 2, 0) ** 2
            )
    for name in OTHERS:
        write_predictions(METHODS[name].load(), scenes, [], data / "methods" / name / "predictions")
    for seed, run in enumerate(runs):
        torch.manual_seed(seed)
        values = {"parameters": Learner(settings).state_dict(), "settings": settings.model_dump_json()}
        checkpoint.save(data / run / "best.pt", values)
        model = METHODS["metahdr"].load(data / run / "best.pt")
        write_predictions(model, scenes, sources, data / run / "predictions")
        history = {"iteration": [1, 2], "meta_loss": [1.0, 0.5]}
        history |= {
            f"{metric}_{mode}": [None, 0.5] for metric in ("ssim", "psnr") for mode in ("single", "adapted")
        }
        pd.DataFrame(history).to_csv(data / run / "history.csv", index=False)
    scores = score_predictions(scenes, list_predictions(data, runs, OTHERS, sources), SCORED)
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


def test_a_network_that_other_code_trained_is_told_apart(page):
    provenance = re.sub("<[^>]*>", "", page[page.index('id="provenance"') :])
    assert "true: trained by this report's code (c0dec0dec0de)" in provenance
    assert "simulated: trained by other code than this report's (beefbeefbeef)" in provenance


def test_every_mean_and_every_gain_of_the_summary_is_in_the_table(data, page):
    table = page[page.index('id="table"') : page.index('id="exposures"')]
    for row in pd.read_csv(data / "summary.csv").itertuples():
        digits = {"ssim": 4, "psnr": 2, "log_rmse": 3, "log_rmse_clipped": 3}[row.metric]
        assert f"{row.mean:.{digits}f}<small>{row.low:.{digits}f} – {row.high:.{digits}f}" in table
        if row.mode.startswith("adapted"):
            assert f"{row.gain:+z.{digits}f}</span><small>{row.gain_low:+z.{digits}f}" in table


def rows_of(page, first, last):
    """Title and the text of every cell of the rows of a part of the page."""
    part = page[page.index(f'id="{first}"') : page.index(f'id="{last}"')]
    rows = [re.findall(r"<td>(.*?)</td>", row) for row in re.findall(r"<tr>(<td>.*?)</tr>", part, re.DOTALL)]
    return {title: [re.sub("<[^>]*>", " ", cell).split() for cell in cells] for title, *cells in rows}


def test_the_table_has_a_column_for_every_metric_and_a_row_for_every_method_run_and_mode(page):
    table = page[page.index('id="table"') : page.index('id="exposures"')]
    assert re.findall(r"<th>([^<]+)<", table) == [metric.title for metric in SCORED]
    assert re.findall(r"<tr><td>(.*?)</td>|<span>(MetaHDR.*?)</span>", table) == [
        (METHODS["ldr"].title, ""),
        (METHODS["gamma_2"].title, ""),
        (f"{METHODS['debevec'].title}, from the other exposures", ""),
        ("", "MetaHDR, meta-trained with true labels"),
        ("Single-shot", ""),
        ("Adapted with true labels", ""),
        ("Adapted with simulated labels", ""),
        ("", "MetaHDR, meta-trained with simulated labels"),
        ("Single-shot", ""),
        ("Adapted with true labels", ""),
        ("Adapted with simulated labels", ""),
    ]
    assert all(len(cells) == len(SCORED) for cells in rows_of(page, "table", "exposures").values())


def test_a_gain_is_green_where_all_of_its_interval_is_better_and_red_where_it_is_worse():
    higher, lower = METRICS["psnr"], METRICS["log_rmse"]
    assert [verdict(higher, *ends) for ends in ((0.1, 0.2), (-0.2, -0.1), (-0.1, 0.1))] == ["up", "down", ""]
    assert [verdict(lower, *ends) for ends in ((0.1, 0.2), (-0.2, -0.1), (-0.1, 0.1))] == ["down", "up", ""]
    assert verdict(higher, float("nan"), float("nan")) == ""


def test_a_falling_error_is_green_in_the_table(data, tmp_path):
    summary = pd.read_csv(data / "summary.csv", keep_default_na=False, na_values=[""])
    chosen = (summary.metric == "log_rmse") & (summary["mode"] == "adapted_true") & (summary.run == "true")
    colours = {}
    for sign in (-1, 1):
        changed = shutil.copytree(data, tmp_path / str(sign))
        ends = sorted([sign * 0.25, sign * 0.75])
        summary.loc[chosen, ["gain", "gain_low", "gain_high"]] = [sign * 0.5, *ends]
        summary.to_csv(changed / "summary.csv", index=False)
        text = write_page(changed, RUNS, "", DATASET | {"files": []}, ORIGIN)
        (colours[sign],) = re.findall(rf'<span class="(\w*)">{re.escape(f"{sign * 0.5:+.3f}")}</span>', text)
    assert colours == {-1: "up", 1: "down"}


def test_a_gain_that_rounds_to_zero_has_no_minus(data, tmp_path):
    changed = shutil.copytree(data, tmp_path / "data")
    summary = pd.read_csv(data / "summary.csv", keep_default_na=False, na_values=[""])
    summary.loc[summary["mode"].str.startswith("adapted"), ["gain", "gain_low", "gain_high"]] = -1e-7
    summary.to_csv(changed / "summary.csv", index=False)
    text = write_page(changed, RUNS, "", DATASET | {"files": []}, ORIGIN)
    table = text[text.index('id="table"') : text.index('id="exposures"')]
    assert ">+0.0000</span>" in table and "-0.0" not in table


def test_the_methods_that_are_given_the_stops_are_named_under_the_table(page):
    note = page[page.index('id="table"') : page.index('id="exposures"')]
    assert "relative to the scene's scale: x^2; Debevec merge. These" in note


def test_a_commit_is_shortened_and_a_missing_one_is_said_in_full(data, page):
    assert "commit 0123456789ab with" in page
    text = write_page(data, RUNS, "", DATASET | {"files": []}, ORIGIN | {"commit": "unknown: not a git checkout"})
    assert text.count("unknown: not a git checkout") == 2


def test_a_metric_without_any_value_is_shown_as_missing(data, tmp_path):
    changed = shutil.copytree(data, tmp_path / "data")
    scores = pd.read_csv(changed / "scores.csv", keep_default_na=False, na_values=[""])
    scores.loc[scores.metric == "log_rmse_clipped", "value"] = float("nan")
    scores.to_csv(changed / "scores.csv", index=False)
    aggregate(scores, 50, 0.95, seed=0).to_csv(changed / "summary.csv", index=False)
    text = write_page(changed, RUNS, "", DATASET | {"files": []}, ORIGIN)
    assert all(cells[3] == ["–"] for cells in rows_of(text, "table", "exposures").values())
    assert ">0 images<" in text and ">nan" not in text[: text.index('id="training"')]


def test_means_by_exposure_are_those_of_the_scores(data, page):
    part = page[page.index('id="exposures"') : page.index('id="training"')].split("<details")[2]
    assert "PSNR / dB" in part
    scores = pd.read_csv(data / "scores.csv").query("metric == 'psnr' and method == 'ldr'")
    expected = [f"{value:.2f}" for value in scores.groupby("ev").value.mean()]
    assert re.findall(r"<td>([^<]*)</td>", part)[: 1 + len(expected)] == [METHODS["ldr"].title, *expected]


def test_table_1_of_the_paper_stands_beside_ours(page):
    # Pan and Vento 2021, Table 1: Label[3] are true labels, Label[4] simulated ones
    shown = re.findall(r"paper: ([\d.]+)", page)
    ssim, psnr = shown[::2], shown[1::2]
    assert ssim == ["0.489", "0.666", "0.683", "0.687", "0.687", "0.701", "0.698"]
    assert psnr == ["12.200", "19.577", "19.967", "19.753", "19.713", "20.125", "19.790"]


def test_other_numbers_of_the_paper_are_shown_where_they_are_known(data, tmp_path):
    published = tmp_path / "published.csv"
    published.write_text(
        "method,run,mode,ssim,psnr\n"
        "ldr,none,single,0.111,1.25\n"
        "metahdr,true,single,0.222,2.25\n"
        "metahdr,true,adapted_true,,\n"
        "metahdr,simulated,adapted_simulated,0.333,3.25\n"
    )
    filled = write_page(data, RUNS, "", DATASET | {"files": []}, ORIGIN, published)
    assert "on 45 test scenes of another dataset" in filled
    assert re.findall(r"paper: ([\d.]+)", filled) == ["0.111", "1.25", "0.222", "2.25", "0.333", "3.25"]
    rows = re.findall(r"<tr>(<td>.*?)</tr>", filled[: filled.index('id="exposures"')], re.DOTALL)
    shown = {row.partition("</td>")[0][4:]: re.findall(r"paper: ([\d.]+)", row) for row in rows[:4]}
    assert shown["LDR, no reconstruction"] == ["0.111", "1.25"]
    assert shown["Single-shot"] == ["0.222", "2.25"]


def test_a_run_with_merged_labels_alone_has_its_page(results, tmp_path):
    data = make_results(results, tmp_path / "tiny", ["debevec"], ["true", "simulated", "debevec"])
    page = write_page(data, ["debevec"], "", DATASET | {"files": []}, ORIGIN)
    table = page[page.index('id="table"') : page.index('id="exposures"')]
    rows = re.findall(r"<tr><td>(.*?)</td>", table)
    assert rows[len(OTHERS) :] == [
        "Single-shot",
        "Adapted with true labels",
        "Adapted with simulated labels",
        f"Adapted with {METHODS['debevec'].title}&#39;s labels",
    ]
    assert f"meta-trained with {METHODS['debevec'].title}&#39;s labels" in table
    assert "paper: " not in table[table.index("meta-trained with") :]
    scores = pd.read_csv(data / "scores.csv").query("metric == 'psnr' and method == 'metahdr'")
    gains = scores.pivot_table(index=["scene", "ev"], columns="mode", values="value")
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
