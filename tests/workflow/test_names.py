"""Names and paths on their way to the shell, and command lines of any number of sources."""

import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import yaml
from checkout import check_out
from runs import SMOKE, overlay, planned, snakemake

from metahdr.images.files import write_exr

FACTS = dict.fromkeys(("title", "licence", "citation", "homepage"), "mine") | {"version": "1"}


def dataset(names: list[str], size: int = 1, sha256: str = "0" * 64) -> dict:
    return FACTS | {"kind": "photographs", "files": [{"name": n, "sha256": sha256, "size": size} for n in names]}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "a checkout's folder").mkdir()
    return check_out(tmp_path / "a checkout's folder")


def register(folder, name: str, *arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "metahdr.cli", "register", name, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", env={"PYTHONPATH": "src"})


@pytest.mark.parametrize("name", ["x$(touch pwned)", "../../esc"])
def test_a_name_that_would_reach_the_shell_or_leave_the_results_is_refused_everywhere(folder, name):
    (folder / "photos").mkdir()
    (folder / "photos/oak.hdr").write_bytes(b"pixels")
    before = (folder / "config/datasets.yaml").read_bytes()
    refused = register(folder, name, "photos")
    assert refused.returncode == 1 and "letters, digits and . _ -" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert (folder / "config/datasets.yaml").read_bytes() == before

    (folder / "mine.yaml").write_text(yaml.safe_dump({name: dataset(["oak.hdr"])}), encoding="utf-8")
    configured = [f"data:\n  dataset: '{name}'\n", "data:\n  register: mine.yaml\n"]
    for text in configured:
        result = snakemake(folder, *overlay(folder, text))
        assert result.returncode == 1 and "letters, digits and . _ -" in result.stdout
        assert "Traceback" not in result.stdout and "rule " not in result.stdout
    assert not (folder / "pwned").exists()


def test_folders_with_spaces_and_quotes_and_a_source_called_like_anothers_file_get_through(folder, scenery):
    photographs = folder / "my photos; it's"
    photographs.mkdir()
    names = ["a", "a.own", "-b"]
    for seed, name in enumerate(names):
        write_exr(photographs / f"{name}.exr", scenery(seed, 64, 64))
    (folder / "my register.yaml").touch()
    registered = register(folder, "mine", str(photographs), "--register", "my register.yaml")
    assert registered.returncode == 0, registered.stderr
    keys = {"dataset": "mine", "register": "my register.yaml", "mirror": str(photographs), "raw": "my data's/raw"}
    text = yaml.safe_dump({"data": keys, "results": 'my "results"', "machine": {"threads": 3}})
    table = 'my "results"/mine/fold0/scenes.csv'
    exposures = 'my "results"/mine/exposures/chunk0'
    result = snakemake(folder, table, exposures, *overlay(folder, text))
    assert result.returncode == 0, result.stdout[-3000:]
    assert set(pd.read_csv(folder / table).source) == set(names) and (folder / exposures / "-b.npy").is_file()
    truths = [np.load(folder / f'my "results"/mine/scenes/chunk0/{name}.npy') for name in names]
    assert all(not np.array_equal(truths[0], other) for other in truths[1:])
    assert (folder / "my data's/raw/mine/a.own.exr").is_file()


def test_a_plan_for_thousands_of_sources_has_few_jobs_and_short_commands(folder):
    names = [f"a_long_name_of_a_panorama_that_somebody_took_{index}" for index in range(5000)]
    (folder / "many.yaml").write_text(
        yaml.safe_dump({"many": dataset([f"{name}.hdr" for name in names])}), encoding="utf-8"
    )
    settings = overlay(folder, "machine: {chunk: 1250}\ndata: {dataset: many, register: many.yaml}")
    output = snakemake(folder, "--dry-run", "--printshellcmds", *settings).stdout
    commands = re.findall(r'python "\$SCRIPTS/(\w+)\.py" .*', output)
    assert {commands.count(script) for script in ("retrieve", "prepare", "expose", "label")} == {4}
    lengths = [(script, len(line)) for line, script in re.findall(r'(python "\$SCRIPTS/(\w+)\.py" .*)', output)]
    assert max(length for script, length in lengths if script == "split") < 1000
    # The report's command has the whole configuration.
    assert max(length for script, length in lengths if script != "report") < 5000


def test_fewer_cores_do_not_change_the_threads_that_a_script_is_told(smoke, tmp_path):
    settings = overlay(tmp_path, "machine: {threads: 3}")
    output = snakemake(smoke, "--dry-run", "--printshellcmds", "--cores", "1", *settings).stdout
    told = re.findall(r"SCRIPTS/(\w+)\.py.* --threads=(\d+)", output)
    assert {script for script, _ in told} == {"train", "label", "reconstruct", "score", "steps"}
    assert {threads for _, threads in told} == {"3"}


def test_pretrained_weights_of_hdrcnn_must_be_there_before_any_work(folder):
    settings = overlay(folder, "training: {hdrcnn: {width: 1.0, vgg16: nowhere/vgg16.pth}}")
    output = snakemake(folder, "--dry-run", *settings).stdout
    assert "MissingInputException in rule train_method" in output and "nowhere/vgg16.pth" in output


def test_an_argument_that_a_rule_forgets_or_that_its_script_does_not_take_stops_before_any_work(folder):
    rules = folder / "workflow/rules/expose.smk"
    text = rules.read_text(encoding="utf-8")
    rules.write_text(text.replace(", seed=CONFIG.seed", ""), encoding="utf-8")
    result = snakemake(folder, *SMOKE)
    assert result.returncode == 1 and "error in rule expose, expose.py needs seed" in result.stdout
    rules.write_text(text.replace("seed=CONFIG.seed", "seed=CONFIG.seed, sead=1"), encoding="utf-8")
    result = snakemake(folder, *SMOKE)
    assert result.returncode == 1 and "error in rule expose, expose.py takes no sead" in result.stdout


def test_nested_values_on_the_command_line_are_what_yaml_says(checkout):
    one = "meta={seeds: [0], label_sources: [simulated], iterations: 3, variants: {joint: null}}"
    assert planned(checkout, *SMOKE, "--config", one)["meta_train"] == 1
    assert planned(checkout, *SMOKE, "--config", "split={folds: [0, 3]}")["split"] == 2


def test_a_misspelt_dataset_is_among_all_mistakes_that_are_named_before_any_work(checkout):
    said = snakemake(checkout, "--dry-run", "--config", "seed=-1", 'data={"dataset": "polyhaven-mni"}').stdout
    assert "2 mistake(s)" in said and "did you mean polyhaven-mini?" in said and "seed: found -1" in said


def test_a_section_that_stands_twice_in_a_file_stops_before_any_work(checkout, tmp_path):
    (tmp_path / "twice.yaml").write_text("meta: {seeds: [0]}\nmeta: {seeds: [1]}\n", encoding="utf-8")
    result = snakemake(checkout, "--dry-run", *SMOKE, str(tmp_path / "twice.yaml"))
    assert result.returncode != 0 and "Traceback" not in result.stdout
    assert "'meta' stands twice, in line 1 and in line 2" in result.stdout
