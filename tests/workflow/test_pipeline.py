"""The workflow end to end on crops of the real panoramas (config/smoke.yaml)."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from checkout import check_out
from runs import SMOKE, overlay, planned, snakemake
from warm import warm_python

from metahdr.camera.exposure import expose
from metahdr.camera.response import Response
from metahdr.config.meta import RECIPE
from metahdr.config.model import Config
from metahdr.config.render import commented_yaml
from metahdr.files import sha256
from metahdr.images.files import read_hdr
from metahdr.images.luminance import metered_scale
from metahdr.images.panorama import perspective_view
from metahdr.nets.expandnet import ExpandNet
from metahdr.registry import METHODS
from metahdr.scenes.orientation import ORIENTATIONS, find_alignment, orient
from metahdr.tables import read_table

RESULTS = "results/smoke"
DATA = f"{RESULTS}/polyhaven-mini"
FOLD = f"{DATA}/fold0"
TRUE, SIMULATED = (f"{FOLD}/metahdr/{run}/seed0" for run in ("true", "simulated"))


def test_every_test_scene_exposure_mode_run_seed_and_variant_is_scored_once(smoke):
    scores = read_table(smoke / DATA / "scores.csv")
    scenes = scores.scene.nunique()
    assert scenes >= 8
    cell = ["method", "label_source", "seed", "mode"]
    value = ["scene", "ev", *cell, "metric", "alignment", "region"]
    assert not scores.duplicated(value).any()
    adapted = ["adapted_simulated", "adapted_true"]
    expected = {("ldr", "none", "none"): ["single"], ("gamma_2", "none", "none"): ["single"]}
    expected |= {("hdrcnn", "none", "none"): ["single"], ("debevec", "none", "none"): ["stack"]}
    expected |= {("lut", "none", "none"): [*adapted, "single"], ("label", "none", "none"): adapted}
    trained = [("metahdr", "0"), ("metahdr", "1"), ("joint", "0")]
    expected |= {(m, run, seed): [*adapted, "single"] for m, seed in trained for run in ("true", "simulated")}
    assert scores.groupby(cell[:3])["mode"].unique().map(sorted).to_dict() == expected
    assert set(scores.groupby(cell)[["scene", "ev"]].apply(lambda rows: len(rows.drop_duplicates()))) == {
        3 * scenes
    }
    assert set(scores.metric) == {"psnr", "ssim", "pu21_psnr"}
    assert scores[scores.metric == "ssim"].value.dropna().between(-1, 1).all()


def test_no_place_is_in_two_splits_and_only_test_places_are_scored(smoke):
    scenes = pd.read_csv(smoke / FOLD / "scenes.csv")
    assert set(scenes.source[scenes.place == "studio_small"]) == {"studio_small_01", "studio_small_03"}
    assert (scenes[scenes.kept].groupby("place").split.nunique() == 1).all()
    assert scenes.groupby("split").place.nunique().to_dict() == {"train": 9, "validation": 3, "test": 4}
    scored = pd.read_csv(smoke / DATA / "scores.csv")
    assert set(scored.place) == set(scenes.place[scenes.split == "test"])
    assert set(scored.fold) == {0}


def test_another_fold_tests_other_places_and_leaves_the_first_one_as_it_is(smoke, tmp_path):
    settings = overlay(tmp_path, "split: {folds: [0, 1]}")
    jobs = planned(smoke, *settings)
    assert {"prepare", "expose", "manifest"}.isdisjoint(jobs)
    assert (jobs["split"], jobs["train_method"], jobs["label"]) == (1, 2, 2)
    assert (jobs["meta_train"], jobs["adapt"], jobs["score"]) == (6, 12, 24)
    target = f"{DATA}/fold1/scenes.csv"
    result = snakemake(smoke, target, *settings)
    assert result.returncode == 0, result.stdout[-3000:]
    folds = [pd.read_csv(smoke / DATA / f"fold{fold}/scenes.csv") for fold in (0, 1)]
    first, second = (set(table.place[table.split == "test"]) for table in folds)
    assert len(first) == len(second) == 4 and first.isdisjoint(second)


def test_another_seed_and_another_variant_train_themselves_alone(smoke, tmp_path):
    jobs = planned(smoke, *overlay(tmp_path, "meta: {seeds: [0, 1, 2], variants: {joint: {seeds: [0]}}}"))
    assert jobs == {"meta_train": 2, "adapt": 4, "score": 4, "aggregate": 1, "report": 1, "all": 1}
    jobs = planned(smoke, *overlay(tmp_path, "meta: {variants: {head: {meta: {adapted: head}}}}"))
    assert jobs == {"meta_train": 4, "adapt": 8, "score": 8, "aggregate": 1, "report": 1, "all": 1}


def test_the_default_data_is_found_aligned(smoke):
    scenes = pd.read_csv(smoke / FOLD / "scenes.csv")
    assert (scenes.orientation == "identity").all()
    assert (scenes.alignment_margin > 0.05).all()


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("scene", ["courtyard.exr", "lebombo.hdr", "studio_small_03.hdr"])
def test_a_real_crop_is_turned_back_from_each_of_the_eight_orientations(smoke, scene, orientation):
    panorama = np.maximum(read_hdr(smoke / "data/raw/polyhaven-mini" / scene), 0)
    view = perspective_view(panorama, 0, 70, 128)
    ldr = expose(view * metered_scale(view), 0.0, Response(0.9, 0.6))
    turned = orient(view, orientation)
    found = find_alignment(ldr, turned)
    assert np.array_equal(orient(turned, found.orientation), view)
    assert found.margin > 0.05


def test_predictions_and_labels_are_openexr_named_by_scene_and_exposure(smoke):
    names = {path.name for path in (smoke / TRUE / "predictions").glob("*/*.exr")}
    scene = pd.read_csv(smoke / DATA / "scores.csv").scene[0]
    assert {
        f"{scene}_ev{ev}_{mode}.exr" for ev in ("-2", "+0", "+2") for mode in ("single", "adapted_true")
    } <= names
    (path,) = (smoke / FOLD / "labels/simulated").glob(f"*/{scene}_ev-2.exr")
    label = read_hdr(path)
    assert label.shape == (32, 32, 3)
    assert np.isfinite(label).all()


def test_metrics_hold_the_means_of_the_scores(smoke):
    metrics = json.loads((smoke / RESULTS / "metrics.json").read_text(encoding="utf-8"))
    scores = pd.read_csv(smoke / DATA / "scores.csv")
    scores = scores[(scores.method == "metahdr") & (scores.alignment == "plain") & (scores.region == "all")]
    rows = scores.query("label_source == 'simulated' and mode == 'adapted_simulated' and metric == 'psnr'")
    assert metrics["adapted"]["psnr"] == pytest.approx(rows.value.mean(), abs=1e-3)
    assert metrics.keys() == {"single", "adapted"}
    assert metrics["adapted"].keys() == {"psnr", "ssim", "pu21_psnr"}


def test_dvc_shows_the_metrics_in_one_row_of_a_terminal(smoke):
    command = [str(warm_python()), "-m", "dvc", "metrics", "show", f"{RESULTS}/metrics.json"]
    result = subprocess.run(
        command, cwd=smoke, capture_output=True, encoding="utf-8", env=os.environ | {"COLUMNS": "100"}
    )
    assert "adapted.psnr" in result.stdout, result.stderr
    assert max(map(len, result.stdout.splitlines())) <= 100


def test_the_report_needs_nothing_from_outside_itself(smoke):
    page = (smoke / RESULTS / "report" / "index.html").read_text(encoding="utf-8")
    assert "Table 1" in page
    assert not re.search(r"<(link|iframe)\b|<script[^>]*src=", page)
    assert not re.search(r'(src|srcset)="(?!data:)', page)
    assert not re.search(r"url\((?!data:)", page)


def test_results_hold_their_configuration_commit_data_and_libraries(smoke):
    origin = json.loads((smoke / DATA / "provenance.json").read_text(encoding="utf-8"))
    config = yaml.safe_load((smoke / DATA / "config.yaml").read_text(encoding="utf-8"))
    assert config["meta"]["iterations"] == 6
    assert origin["config"] == config
    assert len(origin["dataset"]["files"]) == 17
    stages = {"prepare", "split", "expose", "label simulated", "score", "aggregate", "steps metahdr"}
    trained = [f"{variant} {run}" for variant in ("metahdr", "joint") for run in ("true", "simulated")]
    stages |= {f"{stage} {each}" for stage in ("meta_train", "adapt") for each in trained}
    methods = ("ldr", "gamma_2", "hdrcnn", "lut", "debevec", "label")
    stages |= {f"reconstruct {method}" for method in methods} | {"train_method hdrcnn", "train_method lut"}
    assert origin["code"].keys() == stages
    assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in origin["code"].values())
    networks = {"fold0/hdrcnn": "train_method hdrcnn", "fold0/lut": "train_method lut"}
    for variant, seed in (("metahdr", 0), ("metahdr", 1), ("joint", 0)):
        for run in ("true", "simulated"):
            networks[f"fold0/{variant}/{run}/seed{seed}/best"] = f"meta_train {variant} {run}"
    assert origin["networks' code"] == {name: origin["code"][stage] for name, stage in networks.items()}
    assert origin["libraries"]["torch"].startswith(torch.__version__.split("+")[0])
    jobs = {stage: row["jobs"] for stage, row in origin["stages"].items()}
    assert {"prepare": 2, "train_method": 2, "meta_train": 6, "score": 24}.items() <= jobs.items()


def test_a_second_run_has_nothing_to_do(smoke):
    assert "Nothing to be done" in snakemake(smoke, *SMOKE).stdout


TESTED = ("adapt", "steps", "score", "aggregate", "report")
UNREAD = """
training: {ahdrnet: {steps: 3}}
motion: {shake: 1.0}
radiance_study: {split: validation}
benchmark: {shown: 3}
"""
LABELLED = ("label", "meta_train", "reconstruct", *TESTED)


@pytest.mark.parametrize(
    ("key", "stages"),
    [
        ("meta: {inner_steps: 1}", {"meta_train", *TESTED}),
        ("score: {confidence: 0.9}", {"aggregate", "report"}),
        ("score: {photometry: {luminance: 500.0}}", {"steps", "score", "aggregate", "report"}),
        ("training: {hdrcnn: {steps: 5}}", {"train_method", "check_labeller", *LABELLED}),
        (UNREAD, {"report"}),  # which shows the whole configuration
        ("expose: {noise: 0.01}", {"expose", "train_method", "label", "meta_train", "reconstruct", *TESTED}),
    ],
)
def test_one_changed_key_runs_only_what_depends_on_it(smoke, tmp_path, key, stages):
    assert planned(smoke, *overlay(tmp_path, key)).keys() - {"all"} == stages


def test_the_default_configuration_leaves_out_all_sections_that_its_run_does_not_read():
    assert yaml.safe_load(UNREAD).keys() == Config.model_fields.keys() - yaml.safe_load(commented_yaml()).keys()


def test_another_scene_leaves_the_other_chunks_alone(smoke, tmp_path):
    folder = shutil.copytree(smoke, tmp_path / "checkout")
    register = yaml.safe_load((folder / "config/datasets.yaml").read_text(encoding="utf-8"))
    files = register["polyhaven-mini"]["files"]
    files.append(files[0] | {"name": "another.exr"})
    (folder / "config/datasets.yaml").write_text(yaml.safe_dump(register), encoding="utf-8")
    jobs = planned(folder, *SMOKE)
    assert [jobs[stage] for stage in ("retrieve", "prepare", "expose", "split")] == [1, 1, 1, 1]


def test_the_job_that_joins_tables_asks_for_memory_by_their_size(smoke, tmp_path):
    folder = shutil.copytree(smoke, tmp_path / "checkout")
    os.truncate(next(folder.rglob("scores/chunk0.csv")), 10**9)  # bytes
    said = snakemake(folder, "--dry-run", *SMOKE).stdout
    assert 8000 <= int(re.search(r"rule aggregate:.*?mem_mb=(\d+)", said, re.DOTALL)[1]) < 8100


def test_what_a_mirror_lacks_comes_from_the_next_origin(smoke, tmp_path):
    raw, table = "data/raw/polyhaven-mini", f"{DATA}/retrieved/chunk1.json"
    folder = check_out(tmp_path / "checkout")
    mirror = tmp_path / "my mirror; it has a space"
    mirror.mkdir()
    # All files of the chunk that one of the two wheels has.
    there = ("courtyard.exr", "hotel_room.exr", "moonless_golf.exr", "portland_landing_pad.exr")
    for name in there:
        shutil.copy(smoke / raw / name, mirror)
    result = snakemake(folder, table, *overlay(tmp_path, f"data: {{mirror: '{mirror}'}}"))
    assert result.returncode == 0, result.stdout[-3000:]
    entries = json.loads((folder / table).read_text(encoding="utf-8")).values()
    hashes = {name: digest for entry in entries for name, digest in entry["sha256"].items()}
    assert len(hashes) == 11 and hashes.keys() > {*there}
    for name, digest in hashes.items():
        assert (folder / raw / name).read_bytes() == (smoke / raw / name).read_bytes()
        assert sha256(folder / raw / name) == digest
    assert [path.name for path in (folder / "data/wheels").glob("*.whl")] == ["viser-1.0.10.whl"]


def test_a_wrong_configuration_stops_before_any_work_with_all_mistakes(checkout, tmp_path):
    wrong = "meta: {outer_lr: 1e-3, los: expandnet, loss: lpipz}\nexpose: {evs: [0.0]}\nlabel: {weights: good}\n"
    result = snakemake(checkout, *overlay(tmp_path, wrong))
    assert result.returncode != 0
    for words in ("meta.outer_lr", "write 0.001", "did you mean loss?", "lpipz", "expose.evs", "label.weights"):
        assert words in result.stdout
    assert "Traceback" not in result.stdout
    assert "rule " not in result.stdout


def test_bad_photographs_are_left_out_with_their_reason(smoke, tmp_path):
    folder = check_out(tmp_path)
    photographs = folder / "photographs"
    photographs.mkdir()
    for path in sorted((smoke / "data/raw/polyhaven-mini").glob("*.hdr"))[:6]:
        shutil.copy(path, photographs)
    whole = next(photographs.glob("*.hdr")).read_bytes()
    (photographs / "truncated.hdr").write_bytes(whole[: len(whole) // 3])
    register = [sys.executable, "-m", "metahdr.cli", "register", "mine", "photographs"]
    subprocess.run(register, cwd=folder, check=True, env={"PYTHONPATH": "src"})
    mine = "data: {dataset: mine, mirror: photographs}"
    table = "results/smoke/mine/fold0/scenes.csv"
    result = snakemake(folder, table, *overlay(folder, mine))
    assert result.returncode == 0, result.stdout[-3000:]
    scenes = pd.read_csv(folder / table).set_index("scene")
    assert not scenes.kept["truncated"]
    assert "truncated" in scenes.reason["truncated"]
    assert scenes.kept.drop("truncated").all()

    stopped = snakemake(folder, table, *overlay(folder, mine + "\nprepare: {on_bad_image: stop}"))
    assert stopped.returncode != 0
    assert "truncated.hdr" in stopped.stdout
    assert "Traceback" not in stopped.stdout


def test_killed_training_goes_on_and_ends_as_if_it_had_not_been(smoke, tmp_path):
    settings = RECIPE | {
        "label_sources": ["true"],
        "filters": 4,
        "inner_steps": 2,
        "tasks": 2,
        "crop": 16,
        "iterations": 6,
        "validate_every": 3,
        "save_every": 1,
    }
    command = [sys.executable, str(smoke / "workflow/scripts/train.py"), "--method", "metahdr"]
    command += ["--data", str(smoke / FOLD), "--sources", str(smoke / DATA / "sources.json")]
    command += ["--raw", str(smoke / "data/raw/polyhaven-mini"), "--kind", "panoramas", "--code", "digest"]
    command += ["--settings", json.dumps(settings), "--seed", "0", "--threads", "1"]
    command += ["--state", str(tmp_path / "state.pt"), "--model", str(tmp_path / "best.pt")]
    command += ["--history", str(tmp_path / "history.csv")]
    environment = {"PYTHONPATH": str(smoke / "src"), "PATH": "/usr/bin:/bin"}
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    while not (tmp_path / "state.pt").exists() and process.poll() is None:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "last.pt").exists()

    resumed = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8")
    assert "resumed from" in resumed.stderr
    once = torch.load(smoke / TRUE / "last.pt", weights_only=True)
    again = torch.load(tmp_path / "last.pt", weights_only=True)
    assert once["iteration"] == again["iteration"] == 6
    for name, values in once["parameters"].items():
        assert torch.equal(values, again["parameters"][name]), name
    history = pd.read_csv(smoke / TRUE / "history.csv")
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "history.csv"), history)


def label_command(smoke, model, labels):
    command = [sys.executable, str(smoke / "workflow/scripts/label.py"), "--data", str(smoke / DATA)]
    command += ["--chunk", "chunk0", "--method", "hdrcnn", "--weights", str(model)]
    command += ["--compile", "false", "--threads", "1"]
    return [*command, "--code", "c0de", "--labels", str(labels)]


def test_killed_labelling_goes_on_with_what_is_missing(smoke, tmp_path):
    command = label_command(smoke, smoke / FOLD / "hdrcnn.safetensors", tmp_path / "labels")
    environment = {"PYTHONPATH": str(smoke / "src"), "PATH": "/usr/bin:/bin"}
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    while len(list(tmp_path.glob(".part-labels-*/[!.]*.exr"))) < 6 and process.poll() is None:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "labels").exists()

    resumed = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8")
    assert re.search(r"[1-9]\d* of \d+ scenes have their labels already", resumed.stderr)
    assert [path.name for path in tmp_path.iterdir()] == ["labels"]
    once, again = (
        {path.name: path.read_bytes() for path in folder.glob("*.exr")}
        for folder in (smoke / FOLD / "labels/simulated/chunk0", tmp_path / "labels")
    )
    assert len(once) > 25 and once == again


def test_the_shipped_model_may_label_the_default_split_and_no_other(smoke, tmp_path):
    environment = {"PYTHONPATH": str(smoke / "src"), "PATH": "/usr/bin:/bin"}
    command = [str(warm_python()), str(smoke / "workflow/scripts/check_labeller.py"), "--method", "hdrcnn"]
    command += ["--weights", str(smoke / "src/metahdr/models/hdrcnn.safetensors")]
    command += [
        "--register",
        str(smoke / "config/datasets.yaml"),
        "--trained-on",
        str(tmp_path / "trained_on.csv"),
    ]
    scenes = ["--scenes", str(smoke / FOLD / "scenes.csv")]
    assert subprocess.run([*command, *scenes], env=environment).returncode == 0
    assert len(read_table(tmp_path / "trained_on.csv")) == 38
    jobs = planned(smoke, *overlay(tmp_path, "label: {weights: shipped}"))
    assert "train_method" not in jobs and "retrieve_weights" not in jobs

    scenes = pd.read_csv(smoke / FOLD / "scenes.csv")
    scenes.split = scenes.split.replace({"train": "test", "test": "train"})
    scenes.to_csv(tmp_path / "swapped.csv", index=False)
    command += ["--scenes", str(tmp_path / "swapped.csv")]
    refused = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8")
    assert refused.returncode == 1 and "Traceback" not in refused.stderr
    assert "trained on scenes that this run keeps from training (test: " in refused.stderr
    assert "studio_small_01" in refused.stderr  # its place is trained on


def test_a_trained_hdrcnn_is_judged_beside_expandnet_and_gets_its_card(smoke):
    torch.manual_seed(0)
    (smoke / "data/weights").mkdir(exist_ok=True)
    torch.save(
        ExpandNet().state_dict(), smoke / "data/weights/expandnet.pth"
    )  # the published file is not needed here
    result = snakemake(smoke, "labels_study", *SMOKE)
    assert result.returncode == 0, result.stdout[-3000:]
    folder = smoke / DATA / "labels_study"
    scores, scenes = pd.read_csv(folder / "scores.csv"), pd.read_csv(smoke / FOLD / "scenes.csv")
    assert set(scores.source) == set(scenes.source[scenes.split == "test"])
    assert set(pd.read_csv(folder / "summary.csv").method) == {"gamma_2", "gamma_2_2", "hdrcnn", "expandnet"}
    assert sha256(smoke / FOLD / "hdrcnn.safetensors") in (folder / "card.md").read_text(encoding="utf-8")
    assert (folder / "labels.svg").stat().st_size > 10_000


@pytest.fixture(scope="module")
def more_runs(smoke, tmp_path_factory):
    """A copy of the smoke run with ExpandNet's weights, and the settings of two more runs, without variants."""
    folder = tmp_path_factory.mktemp("more") / "checkout"
    shutil.copytree(smoke, folder)
    torch.manual_seed(0)
    (folder / "data/weights").mkdir(exist_ok=True)
    torch.save(ExpandNet().state_dict(), folder / "data/weights/expandnet.pth")
    for path in (folder / "config/config.yaml", folder / "config/smoke.yaml"):
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
        values["meta"]["variants"] = {}
        path.write_text(yaml.safe_dump(values), encoding="utf-8")
    more = "meta: {seeds: [0], label_sources: [expandnet, debevec]}\nscore: {methods: [ldr, debevec, label]}"
    return folder, overlay(folder, more)


def test_runs_with_expandnets_and_with_merged_labels_are_added_to_those_there_are(smoke, more_runs, tmp_path):
    folder, settings = more_runs
    runs, sources = ["expandnet", "debevec"], ["true", "simulated", "expandnet", "debevec"]
    jobs = planned(smoke, *overlay(tmp_path, f"meta: {{seeds: [0], label_sources: {json.dumps(sources)}}}"))
    assert (jobs["label"], jobs["meta_train"], jobs["adapt"]) == (2, 4, 16), "the trained runs are kept"
    result = snakemake(folder, *settings)
    assert result.returncode == 0, result.stdout[-3000:]

    scores = pd.read_csv(folder / DATA / "scores.csv", keep_default_na=False)
    scores = scores[(scores.metric == "psnr") & (scores.alignment == "plain") & (scores.region == "all")]
    modes = scores.groupby("label_source")["mode"].unique().map(set)
    adapted = {f"adapted_{source}" for source in sources}
    assert modes.to_dict() == {run: {"single", *adapted} for run in runs} | {"none": {"single", "stack", *adapted}}
    assert (scores.groupby(["method", "label_source", "mode"]).size() == 3 * scores.scene.nunique()).all()
    page = (folder / RESULTS / "report/index.html").read_text(encoding="utf-8")
    for method in ("ExpandNet", METHODS["debevec"].title):
        assert f"trained with {method}&#39;s labels" in page
    assert sha256(folder / "data/weights/expandnet.pth") in page


def test_an_edited_merge_retrains_the_run_that_has_its_labels_and_no_other(more_runs):
    folder, settings = more_runs
    assert snakemake(folder, *settings).returncode == 0
    merge = folder / "src/metahdr/brackets/merge.py"
    merge.write_text(f"{merge.read_text(encoding='utf-8')}\nMORE = 1\n", encoding="utf-8")
    jobs = planned(folder, *settings)
    assert jobs["meta_train"] == 1 and "label" not in jobs
    assert jobs["adapt"] == 4, "every run is tested with merged labels"


def test_published_weights_are_retrieved_where_they_are_asked_for(smoke, tmp_path):
    (tmp_path / "mirror").mkdir()
    np.savez(tmp_path / "mirror" / "hdrcnn_params.npz", np.zeros(1))
    register = smoke / "config/weights.yaml"  # without the authors' server, which would be tried after the mirror
    register.write_text(
        re.sub("url: .*/hdrcnn_params.npz", f"url: {tmp_path}/nowhere", register.read_text(encoding="utf-8")),
        encoding="utf-8",
    )
    mirror = f"data: {{mirror: '{tmp_path}/mirror', raw: '{tmp_path}/data/raw'}}"
    settings = overlay(tmp_path, f"{mirror}\nlabel: {{weights: official}}")
    weights = tmp_path / "data/weights/hdrcnn_params.npz"
    assert snakemake(smoke, str(weights), *settings).returncode == 0
    record = weights.with_name("hdrcnn_params.npz.sha256").read_text(encoding="utf-8")
    weights.unlink()
    np.savez(tmp_path / "mirror" / "hdrcnn_params.npz", np.ones(1))
    result = snakemake(smoke, str(weights), *settings)
    assert result.returncode != 0 and record.split()[0] in result.stdout
    assert "Traceback" not in result.stdout


def test_snakemakes_own_report_is_made(smoke):
    result = snakemake(smoke, *SMOKE, "--report", "report.zip")
    assert result.returncode == 0, result.stdout[-3000:]
    assert (smoke / "report.zip").stat().st_size > 10_000
