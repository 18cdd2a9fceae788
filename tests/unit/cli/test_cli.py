import subprocess
import sys

import pytest
import yaml

from metahdr.cli import main
from metahdr.config.render import commented_yaml, schema
from metahdr.datasets.register import find_dataset


@pytest.fixture
def call(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)

    def call(*words: str) -> None:
        monkeypatch.setattr("sys.argv", ["metahdr", *words])
        main()

    return call


def test_config_writes_the_default_configuration_and_its_schema(call, tmp_path):
    for folder in ("config", "workflow/schemas"):
        (tmp_path / folder).mkdir(parents=True)
    call("config")
    assert (tmp_path / "config" / "config.yaml").read_text() == commented_yaml()
    assert (tmp_path / "workflow" / "schemas" / "config.schema.json").read_text() == schema()


def test_register_records_a_folder_and_says_what_to_set(call, tmp_path, capsys):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "oak.hdr").write_bytes(b"#?RADIANCE\n\n-Y 1 +X 2\n")
    (tmp_path / "datasets.yaml").touch()
    call("register", "mine", "photos", "--kind", "panoramas", "--register", "datasets.yaml")
    assert find_dataset(tmp_path / "datasets.yaml", "mine").kind == "panoramas"
    printed = capsys.readouterr().out
    assert "mine has 1 file(s)" in printed
    assert f"data:\n  dataset: mine\n  mirror: {tmp_path}/photos" in printed


def test_a_mistake_is_one_message_and_no_traceback(call, tmp_path):
    (tmp_path / "datasets.yaml").touch()
    with pytest.raises(SystemExit, match="error: nowhere: no image"):
        call("register", "mine", "nowhere", "--register", "datasets.yaml")


def test_resources_prints_the_table_anew_with_its_comments(call, tmp_path, capsys):
    with pytest.raises(SystemExit, match="error: workflow/resources.yaml: no such file"):
        call("resources", "benchmarks")
    (tmp_path / "workflow").mkdir()
    (tmp_path / "workflow" / "resources.yaml").write_text(
        "# of the default run\nlabel: {mem_mb: 2000, runtime: 10, gpu: 1}\nsplit: {mem_mb: 500, runtime: 5}\n"
    )
    with pytest.raises(SystemExit, match="error: benchmarks: no benchmark files"):
        call("resources", "benchmarks")
    assert capsys.readouterr().out == ""
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks" / "label.tsv").write_text("s\tmax_rss\n650.0\t1100.5\n")
    call("resources", "benchmarks")
    printed = capsys.readouterr().out
    assert printed.startswith("# of the default run\n")
    assert yaml.safe_load(printed) == {
        "label": {"mem_mb": 1750, "runtime": 33, "gpu": 1},
        "split": {"mem_mb": 500, "runtime": 5},
    }


@pytest.mark.parametrize("words", [["--help"], ["config"]])
def test_help_and_the_configuration_do_not_wait_for_torch(words, tmp_path):
    for folder in ("config", "workflow/schemas"):
        (tmp_path / folder).mkdir(parents=True)
    command = [sys.executable, "-X", "importtime", "-m", "metahdr.cli", *words]
    said = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stderr
    imported = {line.rpartition("|")[2].strip() for line in said.splitlines()}
    assert "metahdr.cli" in imported and "torch" not in imported
