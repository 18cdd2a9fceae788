"""What runs again after an edit of the code: copies of the finished smoke run, edited, in a dry run."""

import json
import shutil

import pytest
from runs import SMOKE, planned, snakemake


@pytest.fixture
def edit(smoke, tmp_path):
    """`edit(change, *files)` gives the rules that run again when `change` is applied to the text of files."""
    folder = shutil.copytree(smoke, tmp_path / "checkout")

    def edit(change, *files) -> set[str]:
        for file in files:
            path = folder / file
            path.write_text(change(path.read_text()))
        return planned(folder, *SMOKE).keys() - {"all"}

    return edit


SCORES = {"score", "aggregate", "report"}


TRAINED = [f"fold0/metahdr/{run}/seed{seed}/best" for run in ("true", "simulated") for seed in (0, 1)]
TRAINED += [f"fold0/joint/{run}/seed0/best" for run in ("true", "simulated")]


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


def test_a_report_forced_after_an_edit_says_that_other_code_trained_its_networks(smoke, tmp_path):
    folder = shutil.copytree(smoke, tmp_path / "checkout")
    trainer = folder / "src/metahdr/meta/trainer.py"
    trainer.write_text(statement(trainer.read_text()))
    result = snakemake(folder, *SMOKE, "--rerun-triggers", "mtime", "--forcerun", "report")
    assert result.returncode == 0, result.stdout[-3000:]
    origin = json.loads((folder / "results/smoke/polyhaven-mini/provenance.json").read_text())
    assert origin["networks of other code"] == TRAINED
    page = (folder / "results/smoke/report/index.html").read_text()
    assert page.count("trained by other code than this report's") == len(TRAINED)
