import pytest

from metahdr.config.check import load
from metahdr.errors import UserError
from metahdr.workflow.layout import Layout

VARIANTS = {"short": {"meta": {"inner_steps": 1}, "seeds": [1], "folds": [0]}}


@pytest.fixture
def layout(repository, monkeypatch):
    """The layout of a run with some keys of the configuration changed."""
    monkeypatch.chdir(repository)
    monkeypatch.delenv("METAHDR_MIRROR", raising=False)

    def layout(**values) -> Layout:
        return Layout(load(values))

    return layout


def test_the_paths_of_a_chunk_hold_a_wildcard_and_those_of_a_run_name_every_chunk(layout):
    run = layout(results="out", machine={"chunk": 10})
    assert run.scenes == "out/polyhaven-mini/scenes/{chunk}"
    assert run.exposures_table == "out/polyhaven-mini/exposures/{chunk}.csv"
    assert run.of_chunks(run.scenes) == [f"out/polyhaven-mini/scenes/chunk{number}" for number in (0, 1)]
    assert run.all_scenes[0] == "out/polyhaven-mini/fold{fold}/scenes.csv"
    assert len(run.all_scenes) == 1 + 2 * len(run.arrays)
    assert sum(map(len, run.chunks.values())) == len(run.sources) == 17


def test_there_is_a_training_for_each_variant_label_source_seed_and_fold(layout):
    meta = {"label_sources": ["simulated"], "seeds": [0, 1], "variants": VARIANTS}
    run = layout(meta=meta, split={"folds": [0, 2]})
    found = [each.path.relative_to("results/polyhaven-mini").as_posix() for each in run.trainings]
    assert found == [
        "fold0/metahdr/simulated/seed0",
        "fold0/metahdr/simulated/seed1",
        "fold0/short/simulated/seed1",
        "fold2/metahdr/simulated/seed0",
        "fold2/metahdr/simulated/seed1",
    ]
    assert len(run.cells) == 2 * len(run.methods) + len(found)


def test_every_run_is_tested_with_the_same_label_sources(layout):
    run = layout(meta={"label_sources": ["expandnet", "debevec"]})
    assert run.label_sources == ["true", "simulated", "expandnet", "debevec"]
    assert run.labelled == ["simulated", "expandnet"], "debevec labels while a network adapts; true needs no file"
    assert [path.partition("labels/")[2] for path in run.labels(["true", "expandnet"], 0)] == [
        "expandnet/chunk0",
        "expandnet/trained_on.csv",
    ]


def test_a_methods_weights_are_shipped_trained_fetched_or_none(layout):
    run = layout(label={"weights": "official"})
    assert run.weight_file("hdrcnn", 0) == "data/weights/hdrcnn_params.npz"
    assert run.weight_file("hdrcnn_metered", 0) == "data/weights/hdrcnn_params.npz", "they share weights"
    assert run.weight_file("gamma_2", 0) == []
    assert run.weight_file("lut", 2) == "results/polyhaven-mini/fold2/lut.safetensors"
    assert layout().weight_file("hdrcnn", 0) == "src/metahdr/models/hdrcnn.safetensors", "it is shipped"


def test_methods_that_the_run_trains_are_those_that_it_scores_or_labels_with(layout):
    assert layout().trained == ["lut"]
    assert layout(score={"methods": ["gamma_2"]}).trained == []
    labelled = layout(score={"methods": ["gamma_2"]}, label={"weights": "train"})
    assert labelled.trained == ["hdrcnn"]


def test_the_configuration_names_metrics_and_methods_where_it_said_null(layout):
    score = layout().config.score
    assert "psnr" in score.metrics and "log_psnr" not in score.metrics
    assert "response" in score.methods, "the virtual camera's response is known"
    assert "response" not in layout(expose={"method": "percentile"}).config.score.methods


def test_what_a_folder_of_predictions_holds_is_read_from_its_name(layout):
    run = layout()
    assert run.held("methods/debevec") == {
        "method": "debevec",
        "label_source": "none",
        "seed": "none",
        "modes": ["stack"],
    }
    assert run.held("moving/methods/radiance")["modes"] == ["single"], "no label of a moving bracket"
    held = run.held("joint/simulated/seed3")
    assert (held["method"], held["label_source"], held["seed"]) == ("joint", "simulated", "3")
    assert held["modes"] == ["single", "adapted_true", "adapted_simulated"]


def test_what_the_dataset_says_of_bad_images_comes_before_the_configuration(layout):
    assert layout(prepare={"on_bad_image": "skip"}).prepare.on_bad_image == "stop", "polyhaven-mini is whole"


def test_the_repair_is_named_where_sources_bring_exposures(layout):
    assert layout().repair is None


def test_a_dataset_that_is_not_registered_is_named(layout):
    with pytest.raises(UserError, match="polyhaven_mini"):
        layout(data={"dataset": "polyhaven_mini"})


def test_weights_that_no_job_trains_are_known_by_their_bytes(layout, tmp_path, monkeypatch):
    run = layout(data={"raw": str(tmp_path / "raw")})
    (tmp_path / "weights").mkdir()
    mine, alexnet = tmp_path / "mine.pth", f"{run.weights}/alexnet.ckpt"
    mine.write_bytes(b"abc")
    # the SHA-256 of "abc", FIPS 180-2, appendix B.1
    assert run.sums(str(mine)) == {"mine.pth": "ba7816bf8f01"}
    assert run.sum_of(alexnet) == run.weight_files["alexnet"].sha256, "it is not here yet"
    assert run.sum_of(f"{run.weights}/hdrcnn_params.npz") is None, "nobody has published its hash"
    assert run.sum_of(str(run.trainings[0].best)) is None


def test_the_runs_own_jobs_are_those_of_its_trainings_methods_and_chunks(layout):
    run = layout(meta={"label_sources": ["true"], "seeds": [0], "variants": {}}, machine={"chunk": 10})
    assert {"meta_train/fold0/metahdr/true/seed0", "adapt/fold0/metahdr/true/seed0/chunk1"} <= run.jobs
    assert {"split/fold0", "prepare/chunk0", "score/fold0/methods/lut/chunk1", "aggregate"} <= run.jobs
    assert not {"meta_train/fold0/metahdr/true/seed1", "prepare/chunk2", "report"} & run.jobs
