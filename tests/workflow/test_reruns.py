"""What runs again after an edit of the code: copies of the finished smoke run, edited, in a dry run."""

import os
import shutil

import pytest
from runs import SMOKE, overlay, planned, snakemake

from metahdr.workflow.plan import jobs


@pytest.fixture
def edit(smoke, tmp_path):
    """`edit(change, *files)` gives the rules that run again when `change` is applied to the text of files."""
    folder = shutil.copytree(smoke, tmp_path / "checkout")

    def edit(change, *files) -> set[str]:
        for file in files:
            path = folder / file
            path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
        return planned(folder, *SMOKE).keys() - {"all"}

    return edit


SCORES = {"score", "aggregate", "report"}


DATA = "results/smoke/polyhaven-mini"
NETWORK = f"{DATA}/fold0/metahdr/true/seed0/best.pt"


def statement(text: str) -> str:
    return f"{text}\nMORE = 1\n"


def test_edited_comments_and_docstrings_rerun_nothing(smoke, edit):
    files = [*smoke.glob("src/**/*.py"), *smoke.glob("workflow/scripts/*.py")]
    files = [path.relative_to(smoke) for path in files]
    assert len(files) > 60
    assert edit(lambda text: f"# A comment.\n{text}\n# And another.\n", *files) == set()
    assert edit(lambda text: text.replace('"""', '"""Other words. ', 1), *files) == set()


@pytest.mark.parametrize(
    ("file", "stages"),
    [
        ("src/metahdr/nets/unet.py", {"meta_train", "adapt", "steps"} | SCORES),
        (
            "src/metahdr/nets/hdrcnn.py",
            SCORES | {"train_method", "check_labeller", "label", "meta_train", "adapt", "reconstruct", "steps"},
        ),
        ("src/metahdr/meta/trainer.py", {"meta_train", "adapt", "steps"} | SCORES),
        ("src/metahdr/evaluation/interval.py", {"aggregate", "report"}),
        ("src/metahdr/report/figures/plots.py", {"report"}),
        ("workflow/scripts/reconstruct.py", {"adapt", "reconstruct"} | SCORES),
        ("src/metahdr/metrics/pu21.py", {"steps"} | SCORES),
    ],
)
def test_an_edited_module_reruns_what_uses_it(edit, file, stages):
    assert edit(statement, file) == stages


def test_an_edited_line_of_the_page_reruns_the_report(edit):
    page = "src/metahdr/report/page.html"
    assert edit(lambda text: text.replace("</body>", "<p>More.</p></body>"), page) == {"report"}


def test_a_new_line_in_the_registry_reruns_nothing(edit):
    line = "\n  another: metahdr.nets.unet:UNet\n"
    assert edit(lambda text: text.rstrip() + line, "src/metahdr/registry.yaml") == set()


def test_what_retrieves_verified_files_may_change_without_a_new_download(edit):
    assert edit(statement, "src/metahdr/datasets/retrieve.py") == set()


@pytest.fixture
def own(smoke, tmp_path):
    """A copy of the finished run, which may be changed, and the file of one of its networks there."""
    folder = shutil.copytree(smoke, tmp_path / "checkout", symlinks=True)
    return folder, folder / NETWORK


def test_a_report_that_is_forced_after_an_edit_refuses_networks_of_other_code(own):
    folder, _ = own
    trainer = folder / "src/metahdr/meta/trainer.py"
    trainer.write_text(statement(trainer.read_text(encoding="utf-8")), encoding="utf-8")
    result = snakemake(folder, *SMOKE, "--rerun-triggers", "mtime", "--forcerun", "report")
    assert result.returncode != 0 and "Traceback" not in result.stdout
    assert f"{NETWORK}:" in result.stdout and "code: found" in result.stdout


def test_a_network_of_other_settings_is_trained_again_though_nothing_else_changed(own):
    """As after `git checkout` without `dvc checkout`, or the other way round."""
    folder, network = own
    other = folder / NETWORK.replace("metahdr/true", "joint/true")
    shutil.copy(other, network)
    result = snakemake(folder, "--dry-run", *SMOKE)
    assert f"{NETWORK} is trained again: algorithm: found 'joint', expected 'maml'" in result.stdout
    assert jobs(result.stdout)["meta_train"] == 1
    refused = snakemake(folder, "check_networks", *SMOKE)
    assert refused.returncode != 0 and "algorithm: found 'joint', expected 'maml'" in refused.stdout


def test_a_network_that_is_what_is_asked_for_is_not_trained_again(own):
    folder, network = own
    kept = {path: path.read_bytes() for path in network.parent.iterdir() if path.is_file()}
    changed = snakemake(folder, NETWORK, *overlay(folder, "meta: {inner_lr: 0.5}"))
    assert changed.returncode == 0 and network.read_bytes() != kept[network]
    for path, data in kept.items():  # as `dvc checkout` does
        path.write_bytes(data)
    result = snakemake(folder, NETWORK, *SMOKE)
    assert result.returncode == 0, result.stdout[-3000:]
    assert network.read_bytes() == kept[network]
    log = (folder / "results/smoke/logs/meta_train/fold0/metahdr/true/seed0.log").read_text(encoding="utf-8")
    assert "nothing is trained" in log and "iteration" not in log


def test_a_file_that_a_network_was_trained_on_and_that_is_another_now_is_named(own):
    folder, _ = own
    first, *_, last = sorted((folder / DATA / "fold0/labels/simulated").rglob("*.exr"))
    times = first.stat()
    shutil.copy(last, first)
    os.utime(first, ns=(times.st_atime_ns, times.st_mtime_ns))
    result = snakemake(folder, "check_networks", *SMOKE)
    assert result.returncode != 0
    assert f"labels/simulated/{first.parent.name}/{first.name}: found" in result.stdout


def test_where_data_lie_and_come_from_reruns_nothing(own, tmp_path, monkeypatch):
    folder, _ = own
    monkeypatch.setenv("METAHDR_MIRROR", str(tmp_path))
    assert planned(folder, *SMOKE) == {}
    shutil.move(folder / "data/raw", tmp_path / "raw")
    assert planned(folder, *overlay(tmp_path, f"data: {{raw: '{tmp_path}/raw', mirror: '{tmp_path}'}}")) == {}


def test_a_copy_of_other_times_reruns_nothing_and_another_byte_in_a_folder_what_reads_it(smoke, tmp_path):
    folder = shutil.copytree(smoke, tmp_path / "checkout", copy_function=shutil.copyfile)  # as `cp -r`
    for number, path in enumerate(sorted((folder / DATA).rglob("*"), reverse=True)):
        os.utime(path, (1e9 + number, 1e9 + number))
    assert planned(folder, *SMOKE) == {}
    with next((folder / DATA / "fold0/methods/ldr/predictions").rglob("*.exr")).open("ab") as prediction:
        prediction.write(b"\0")
    assert planned(folder, *SMOKE).keys() == SCORES | {"all"}


def test_a_dataset_of_other_places_reruns_nothing_and_one_of_the_same_place_the_checks_of_leaks(own):
    folder, _ = own
    register = folder / "config/datasets.yaml"
    before = register.read_text(encoding="utf-8")
    entry = """
another:
  title: Another
  citation: A.
  licence: CC0
  homepage: https://example.org
  version: "1"
  kind: panoramas
  files:
    - {name: b.hdr, url: "https://example.org/b.hdr", size: 1, sha256: %s, place: %s}
"""
    register.write_text(before + entry % ("ab" * 32, "nowhere"), encoding="utf-8")
    assert planned(folder, *SMOKE) == {}
    register.write_text(before + entry % ("ab" * 32, "courtyard"), encoding="utf-8")
    assert {"check_labeller", "reconstruct"} <= planned(folder, *SMOKE).keys()


def test_weights_that_no_job_trains_count_by_their_bytes_and_not_by_their_time(own, tmp_path):
    folder, _ = own
    shipped, labels = folder / "src/metahdr/models/hdrcnn.safetensors", f"{DATA}/fold0/labels/simulated/chunk0"
    settings = overlay(tmp_path, "label: {weights: shipped}")
    assert snakemake(folder, labels, *settings).returncode == 0
    data = shipped.read_bytes()
    shipped.unlink()
    shipped.write_bytes(data)
    assert planned(folder, labels, *settings) == {}
    shipped.write_bytes(data + b"\0")
    os.utime(shipped, (1, 1))
    result = snakemake(folder, "--dry-run", labels, *settings)
    assert jobs(result.stdout) == {"label": 1}
    assert "reads" in result.stdout
