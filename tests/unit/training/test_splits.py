"""Which scenes the training script reads, and which labels a validation adapts with."""

import copy
import json
import runpy
import shutil

import numpy as np
import pandas as pd
import pytest
import torch

from metahdr.config.meta import Meta
from metahdr.images.files import read_hdr, write_exr
from metahdr.losses.make import make_loss
from metahdr.meta.trainer import Trainer
from metahdr.methods.hdrcnn.settings import HDRCNNTraining
from metahdr.methods.metahdr import load_learner
from metahdr.metrics.fidelity import psnr
from metahdr.scenes.scene import Scenes, label_name
from metahdr.training.inputs import TrainingInputs
from metahdr.weights.facts import read_facts


@pytest.fixture(autouse=True)
def on_the_cpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


@pytest.fixture
def train(results, repository, tmp_path):
    """Runs the training script; the folder of what it writes."""
    script = runpy.run_path(str(repository / "workflow/scripts/train.py"))["main"]

    def train(method, data, settings, model):
        files = {path.stem: {"hdr": path.name, "ldr": {}} for path in (results.parent / "raw").iterdir()}
        (tmp_path / "sources.json").write_text(json.dumps(files), encoding="utf-8")
        fixed = (method, data, tmp_path / "sources.json", results.parent / "raw", "panoramas")
        files = (tmp_path / "state.pt", tmp_path / model, tmp_path / "history.csv")
        script(*fixed, 0, 1, "digest", *files, json.loads(settings.model_dump_json()))
        return tmp_path

    return train


def sources_of(data, split):
    table = pd.read_csv(data / "scenes.csv")
    return set(table.source[table.split == split])


def test_meta_training_trains_on_the_training_scenes_and_validates_on_the_validation_scenes(
    train, results, tmp_path, monkeypatch
):
    data = shutil.copytree(results.parent, tmp_path / "data") / results.name
    for source in sources_of(data, "test"):
        for path in [*data.parent.glob(f"scenes/*/{source}.npy"), *data.parent.glob(f"exposures/*/{source}.npy")]:
            path.unlink()
    seen, task = set(), Trainer._task
    monkeypatch.setattr(
        Trainer, "_task", lambda one, drawn: (seen.add(one.training[drawn[0]].source), task(one, drawn))[1]
    )
    settings = Meta(filters=2, inner_steps=1, tasks=6, iterations=2, validate_every=2, label_sources=["true"])
    folder = train("metahdr", data, settings, "best.pt")
    assert seen == sources_of(data, "train")
    learner, _ = load_learner(folder / "last.pt")
    expected = []
    for number, scene in enumerate(Scenes(results, "validation")):
        assert scene.source in sources_of(data, "validation")
        with torch.no_grad():
            prediction = learner.network(scene.ldr[number % 3, None])
        expected.append(psnr(prediction, scene.hdr[None].clamp(0, 1)).item())
    history = pd.read_csv(folder / "history.csv")
    assert history.psnr_single.iloc[-1] == pytest.approx(np.mean(expected), rel=1e-6)
    assert {path.name for path in folder.iterdir()} == {
        "data",
        "sources.json",
        "best.pt",
        "last.pt",
        "history.csv",
    }


def test_hdrcnn_is_trained_on_the_training_sources_and_its_facts_say_so(train, results):
    settings = HDRCNNTraining(width=1 / 64, size=32, steps=1, batch=2)
    folder = train("hdrcnn", results, settings, "hdrcnn.safetensors")
    facts = read_facts(folder / "hdrcnn.safetensors")
    assert set(facts["trained_on"]) == sources_of(results, "train")
    assert facts["code"] == "digest"
    assert {path.name for path in folder.iterdir()} == {"sources.json", "hdrcnn.safetensors", "history.csv"}


@pytest.mark.parametrize("label_source", ["simulated", "expandnet"])
def test_a_validation_adapts_with_the_labels_of_the_run_and_compares_with_the_truth(
    results, tmp_path, label_source
):
    data, rng = shutil.copytree(results.parent, tmp_path / "data") / results.name, np.random.default_rng(0)
    for source in ("simulated", "expandnet"):
        for scene in Scenes(data, None):
            for ev in scene.evs:
                label = rng.uniform(0, 1.5, (32, 32, 3)).astype(np.float32)
                write_exr(data / "labels" / source / scene.chunk / label_name(scene.name, ev), label, half=False)
    settings = Meta(filters=2, inner_steps=2, inner_lr=0.05, tasks=1, iterations=1, label_sources=[label_source])
    inputs = TrainingInputs(data, {}, "panoramas", settings, 0, 1, "digest", tmp_path / "state.pt")
    trainer = Trainer(inputs)
    found, loss = trainer.validate(), make_loss(settings.loss, **settings.loss_options)
    losses, psnrs = [], []
    for number, scene in enumerate(Scenes(data, "validation")):
        files = [data / "labels" / label_source / scene.chunk / label_name(scene.name, ev) for ev in scene.evs]
        labels = torch.stack([torch.from_numpy(read_hdr(file).transpose(2, 0, 1).copy()) for file in files])
        held_out = number % len(scene.evs)
        others = [i for i in range(len(scene.evs)) if i != held_out]
        network = copy.deepcopy(trainer.learner.network)
        sgd = torch.optim.SGD(network.parameters(), lr=0.05)
        for _ in range(2):
            sgd.zero_grad()
            loss(network(scene.ldr[others]), labels[others].clamp(0, 1)).backward()
            sgd.step()
        with torch.no_grad():
            prediction, truth = network(scene.ldr[held_out][None]), scene.hdr[None].clamp(0, 1)
            losses.append(loss(prediction, truth).item())
            psnrs.append(-10 * np.log10(((prediction - truth) ** 2).mean().item()))
    assert found["loss_adapted"] == pytest.approx(np.mean(losses), rel=1e-4)
    assert found["psnr_adapted"] == pytest.approx(np.mean(psnrs), rel=1e-4)
