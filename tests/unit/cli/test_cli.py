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


@pytest.fixture
def snakefile(tmp_path):
    (tmp_path / "Snakefile").touch()


def test_config_prints_the_default_configuration_and_writes_nothing(call, tmp_path, capsys):
    call("config")
    assert capsys.readouterr().out == commented_yaml()
    assert list(tmp_path.iterdir()) == []


def test_config_writes_the_default_configuration_and_its_schema_where_it_is_told_to(call, snakefile, tmp_path):
    call("config", "--write")
    assert (tmp_path / "config/config.yaml").read_text(encoding="utf-8") == commented_yaml()
    assert (tmp_path / "workflow/schemas/config.schema.json").read_text(encoding="utf-8") == schema()
    call("config", "--write")  # over what it wrote itself


def test_config_names_the_values_that_it_would_lose_and_loses_them_by_force_alone(call, snakefile, tmp_path):
    call("config", "--write")
    path = tmp_path / "config/config.yaml"
    mine = commented_yaml().replace("seed: 0", "seed: 3").replace("fixed: {}", "fixed: {courtyard: test}")
    path.write_text(mine + "former: 1\n", encoding="utf-8")
    with pytest.raises(
        SystemExit, match="defaults: seed, split.fixed.courtyard, former; nothing is written.*--force"
    ):
        call("config", "--write")
    assert path.read_text(encoding="utf-8") == mine + "former: 1\n"
    call("config", "--force")
    assert path.read_text(encoding="utf-8") == commented_yaml()


@pytest.mark.parametrize(
    "words",
    ["config --write", "config --force", "fetch", "data-status", "publish", "restore", "resources benchmarks"],
)
def test_outside_a_checkout_one_line_says_so(call, words, tmp_path):
    with pytest.raises(SystemExit, match="^error: no Snakefile here; call this in the folder of a[^\n]*$"):
        call(*words.split())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["publish", "restore"])
def test_a_configuration_that_dvc_does_not_run_is_neither_published_nor_restored(
    call, command, snakefile, tmp_path, monkeypatch
):
    done = []
    monkeypatch.setattr(f"metahdr.workflow.versions.{command}", lambda *of: done.append(of))
    call("config", "--write")
    (tmp_path / "other.yaml").write_text("seed: 1\nmeta: {iterations: 3}\n", encoding="utf-8")
    call(command, "--configfile", "config/config.yaml")
    assert len(done) == 1
    with pytest.raises(SystemExit, match="other.yaml changes seed, meta.iterations. Put .* config/config.yaml"):
        call(command, "--configfile", "other.yaml")
    assert len(done) == 1


def test_the_status_is_that_of_the_register_that_the_configuration_names(call, snakefile, tmp_path, capsys):
    call("config", "--write")
    entry = {name: "-" for name in ("title", "version", "licence", "citation", "homepage")}
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump({"oaks": entry | {"kind": "panoramas"}}), encoding="utf-8")
    (tmp_path / "other.yaml").write_text("data: {register: mine.yaml}\n", encoding="utf-8")
    call("data-status", "--configfile", "other.yaml")
    assert capsys.readouterr().out.startswith("oaks, version -: not fetched")


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


def test_resources_prints_the_table_anew_with_its_comments(call, snakefile, tmp_path, capsys):
    (tmp_path / "workflow").mkdir()
    (tmp_path / "workflow" / "resources.yaml").write_text(
        "# of the default run\nlabel: {mem_mb: 2000, runtime: 10, gpu: 1}\nsplit: {mem_mb: 500, runtime: 5}\n",
        encoding="utf-8",
    )
    with pytest.raises(SystemExit, match="error: benchmarks: no benchmark files"):
        call("resources", "benchmarks")
    assert capsys.readouterr().out == ""
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks" / "label.tsv").write_text("s\tmax_rss\n650.0\t1100.5\n", encoding="utf-8")
    call("resources", "benchmarks")
    printed = capsys.readouterr().out
    assert printed.startswith("# of the default run\n")
    assert yaml.safe_load(printed) == {
        "label": {"mem_mb": 1750, "runtime": 33, "gpu": 1},
        "split": {"mem_mb": 500, "runtime": 5},
    }


@pytest.mark.parametrize("words", [["--help"], ["config"]])
def test_help_and_the_configuration_do_not_wait_for_torch(words, tmp_path):
    command = [sys.executable, "-X", "importtime", "-m", "metahdr.cli", *words]
    said = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", check=True).stderr
    imported = {line.rpartition("|")[2].strip() for line in said.splitlines()}
    assert "metahdr.cli" in imported and "torch" not in imported
