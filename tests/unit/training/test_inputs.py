"""What a training's identity depends on, and what it does not."""

import os
import shutil
import subprocess

import numpy as np
import pandas as pd
import pytest
import torch
from warm import warm_python

from metahdr.config.meta import Meta
from metahdr.errors import UserError
from metahdr.images.files import write_exr
from metahdr.meta.trainer import Trainer
from metahdr.methods.hdrcnn.settings import HDRCNNTraining
from metahdr.methods.hdrcnn.trainer import HDRCNNTrainer
from metahdr.scenes.scene import Scenes, label_name
from metahdr.training import inputs as training_inputs
from metahdr.training import processes
from metahdr.training.inputs import TrainingInputs


def sources_of(data, split):
    table = pd.read_csv(data / "scenes.csv")
    return sorted(set(table.source[table.split == split]))


@pytest.fixture
def data(results, tmp_path):
    """A copy of the results that may be changed, with labels."""
    folder = shutil.copytree(results.parent, tmp_path / "data") / results.name
    for scene in Scenes(folder, None):
        for ev in scene.evs:
            write_exr(
                folder / "labels/simulated" / scene.chunk / label_name(scene.name, ev),
                np.ones((32, 32, 3), np.float32),
            )
    return folder


@pytest.fixture
def meta_identity(tmp_path):
    def identity(data, threads=1, code="digest", seed=0, source="simulated", **settings):
        settings = Meta(**{"filters": 2, "tasks": 1, "iterations": 1, "label_sources": [source]} | settings)
        return Trainer(
            TrainingInputs(data, {}, "panoramas", settings, seed, threads, code, tmp_path / "state.pt")
        ).identity

    return identity


@pytest.fixture
def hdrcnn_identity(tmp_path):
    def identity(data, threads=1, code="digest", seed=0, kind="panoramas", **settings):
        raw = {path.stem: path for path in (data.parent / "raw").iterdir()}
        settings = HDRCNNTraining(**{"width": 1 / 64, "size": 32, "steps": 1} | settings)
        return HDRCNNTrainer(
            TrainingInputs(data, raw, kind, settings, seed, threads, code, tmp_path / "state.pt")
        ).identity

    return identity


def zero_truth(data, split):
    for source in sources_of(data, split):
        (path,) = data.parent.glob(f"scenes/*/{source}.npy")
        np.save(path, 0 * np.load(path))


def change_label(data, split):
    scene = Scenes(data, split)[0]
    write_exr(
        data / "labels/simulated" / scene.chunk / label_name(scene.name, scene.evs[0]),
        np.zeros((32, 32, 3), np.float32),
    )


def change_exposure(data, split):
    (path,) = data.parent.glob(f"exposures/*/{sources_of(data, split)[0]}.npy")
    np.save(path, 255 - np.load(path))


def change_raw(data, split):
    (path,) = (data.parent / "raw").glob(f"{sources_of(data, split)[0]}.*")
    path.write_bytes(path.read_bytes() + b"more")


@pytest.mark.parametrize("split", ["train", "validation"])
@pytest.mark.parametrize("change", [zero_truth, change_exposure, change_label])
def test_a_meta_training_is_named_by_the_content_of_what_it_reads(meta_identity, data, change, split):
    before = meta_identity(data)
    change(data, split)
    assert meta_identity(data) != before


@pytest.mark.parametrize("change", [zero_truth, change_exposure, change_label])
def test_what_only_the_test_reads_does_not_name_a_meta_training(meta_identity, data, change):
    before = meta_identity(data)
    change(data, "test")
    assert meta_identity(data) == before


def test_a_meta_training_reads_no_labels_of_another_source(meta_identity, data):
    before = meta_identity(data, source="true")
    change_label(data, "train")
    assert meta_identity(data, source="true") == before


def test_a_training_of_hdrcnn_refuses_a_raw_file_of_its_own_split_that_is_not_the_registered_one(
    hdrcnn_identity, data
):
    before = hdrcnn_identity(data)
    change_raw(data, "test")
    assert hdrcnn_identity(data) == before
    change_raw(data, "train")
    with pytest.raises(UserError, match=r"raw/.*: found SHA-256 .*; registered is SHA-256"):
        hdrcnn_identity(data)


def test_hdrcnn_is_named_by_the_kind_of_its_sources(hdrcnn_identity, data):
    assert hdrcnn_identity(data) != hdrcnn_identity(data, kind="photographs")


@pytest.mark.parametrize("method", ["meta_identity", "hdrcnn_identity"])
@pytest.mark.parametrize("change", [{"threads": 2}, {"code": "another"}, {"seed": 1}], ids=str)
def test_threads_code_and_seed_name_a_training(request, data, method, change):
    identity = request.getfixturevalue(method)
    assert identity(data, **change) != identity(data)


@pytest.mark.parametrize("method", ["meta_identity", "hdrcnn_identity"])
@pytest.mark.parametrize("library", ["torch", "numpy"])
def test_the_versions_of_the_libraries_name_a_training(request, data, method, library, monkeypatch):
    identity, version = request.getfixturevalue(method), training_inputs.version
    before = identity(data)
    monkeypatch.setattr(training_inputs, "version", lambda name: version(name) + ".post1" * (name == library))
    assert identity(data) != before


@pytest.mark.parametrize(
    ("method", "change"),
    [
        ("meta_identity", {"save_every": 7}),
        ("meta_identity", {"on_nonfinite": "skip"}),
        ("hdrcnn_identity", {"save_every": 7}),
    ],
)
def test_settings_without_effect_do_not_name_a_training(request, data, method, change):
    identity = request.getfixturevalue(method)
    assert identity(data, **change) == identity(data)


def test_a_moved_folder_is_the_same_training(meta_identity, hdrcnn_identity, data, tmp_path):
    before = meta_identity(data), hdrcnn_identity(data)
    moved = data.parent.rename(tmp_path / "elsewhere") / data.name
    assert (meta_identity(moved), hdrcnn_identity(moved)) == before


def test_the_number_of_processes_does_not_name_a_training_and_one_of_them_hashes(
    meta_identity, data, tmp_path, repository
):
    script = tmp_path / "identity.py"
    script.write_text(
        "import sys\n"
        "from pathlib import Path\n"
        "from metahdr.config.meta import Meta\n"
        "from metahdr.meta.trainer import Trainer\n"
        "from metahdr.training import loop, processes\n"
        "from metahdr.training.inputs import TrainingInputs\n"
        "hashed = []\n"
        "sha256 = loop.sha256\n"
        "loop.sha256 = lambda path: hashed.append(path) or sha256(path)\n"
        "settings = Meta(filters=2, tasks=1, iterations=1, label_sources=['simulated'])\n"
        "data, out = map(Path, sys.argv[1:])\n"
        "with processes.process_group():\n"
        "    identity = Trainer(\n"
        "        TrainingInputs(data, {}, 'panoramas', settings, 0, 1, 'digest', out / 'state.pt')).identity\n"
        "(out / f'{processes.rank()}.txt').write_text(f'{identity} {bool(hashed)}')\n",
        encoding="utf-8",
    )
    command = [str(warm_python()), "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", "--"]
    environment = os.environ | {"PYTHONPATH": str(repository / "src"), "CUDA_VISIBLE_DEVICES": ""}
    subprocess.run([*command, str(script), str(data), str(tmp_path)], check=True, env=environment)
    written = [(tmp_path / f"{rank}.txt").read_text(encoding="utf-8").split() for rank in range(2)]
    assert written == [[meta_identity(data), "True"], [meta_identity(data), "False"]]


@pytest.mark.parametrize("method", ["meta_identity", "hdrcnn_identity"])
def test_the_kind_of_device_names_a_training(request, data, method, monkeypatch):
    identity = request.getfixturevalue(method)
    monkeypatch.setattr(processes, "device", lambda: torch.device("cpu"))
    before = identity(data)
    monkeypatch.setattr(processes, "device", lambda: torch.device("meta"))
    assert identity(data) != before
