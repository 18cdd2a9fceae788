"""The names of files and folders of results, as documents and finished runs have them."""

from pathlib import Path

from metahdr.workflow.folders import Cell, DatasetFolder, FoldFolder

HERE = DatasetFolder(Path("results/mini"))
NAMES = {
    "sources.json": HERE.sources,
    "scores.csv": HERE.scores,
    "summary.csv": HERE.summary,
    "provenance.json": HERE.provenance,
    "retrieved/chunk0.json": HERE.retrieved("chunk0"),
    "own/chunk0": HERE.own("chunk0"),
    "scenes/chunk0": HERE.scenes("chunk0"),
    "scenes/chunk0.csv": HERE.scenes_table("chunk0"),
    "exposures/chunk0": HERE.exposures("chunk0"),
    "exposures/chunk0.csv": HERE.exposures_table("chunk0"),
    "curves/chunk0": HERE.curves("chunk0"),
    "fold0/scenes.csv": HERE.fold(0).table,
    "fold0/labels/simulated": HERE.fold(0).labels("simulated"),
    "fold0/moving/scenes/chunk0": HERE.fold(0).moving.scenes("chunk0"),
    "fold0/moving/exposures/chunk0.csv": HERE.fold(0).moving.exposures_table("chunk0"),
    "fold0/moving/moved/chunk0": HERE.fold(0).moving.moved("chunk0"),
    "fold0/methods/ldr/predictions/chunk0": HERE.fold(0).method("ldr").predictions("chunk0"),
    "fold0/methods/ldr/scores/chunk0.csv": HERE.fold(0).method("ldr").scores("chunk0"),
    "fold0/moving/methods/ldr": HERE.fold(0).method("ldr", moving=True).path,
    "fold0/metahdr/true/seed0": HERE.fold(0).training("metahdr", "true", 0).path,
    "fold0/metahdr/true/seed0/best.pt": HERE.fold(0).training("metahdr", "true", 0).best,
    "fold0/metahdr/true/seed0/history.csv": HERE.fold(0).training("metahdr", "true", 0).history,
}


def test_everything_has_the_name_that_finished_runs_have():
    assert {str(path.relative_to(HERE.path)): path for path in NAMES.values()} == NAMES


def test_a_wildcard_stays_one():
    fold = HERE.fold("{fold}")
    assert str(fold.training("{variant}", "{label_source}", "{seed}").predictions("{chunk}")) == (
        "results/mini/fold{fold}/{variant}/{label_source}/seed{seed}/predictions/{chunk}"
    )


def test_a_fold_finds_its_dataset_also_from_inside(tmp_path, monkeypatch):
    (tmp_path / "mini" / "fold0").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "mini" / "fold0")
    assert FoldFolder(Path()).dataset == DatasetFolder(tmp_path / "mini")
    assert Cell(Path("own")).scores("chunk0") == Path("own/scores/chunk0.csv")
