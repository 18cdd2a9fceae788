"""The autoencoder as a method: training, weight file, the scale of its answer, its authors' scores."""

import logging
import runpy

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from metahdr.config.score import Score
from metahdr.errors import UserError
from metahdr.methods.autoencoder import Autoencoder
from metahdr.methods.autoencoder.scale import find_range
from metahdr.methods.autoencoder.settings import AutoencoderTraining
from metahdr.methods.autoencoder.trainer import AutoencoderTrainer
from metahdr.nets.hdrcnn import HDRCNN
from metahdr.nets.mobilenet_autoencoder import MobileNetAutoencoder, denormalise, normalise_target
from metahdr.scenes.scene import Scenes
from metahdr.tables import read_table
from metahdr.training.inputs import TrainingInputs
from metahdr.weights.lpips import load_lpips
from metahdr.weights.ours import save_network

TINY = {"filters": 1, "size": 32, "steps": 3, "batch": 2}


def inputs(results, folder, **settings):
    section = AutoencoderTraining(**TINY | settings)
    return TrainingInputs(results, {}, "panoramas", section, 0, 1, "c0de", folder / "state.pt")


@pytest.fixture(scope="module")
def train(repository, results, tmp_path_factory):
    script = runpy.run_path(str(repository / "workflow/scripts/train.py"))["main"]

    def train(folder=None, **settings):
        folder = folder or tmp_path_factory.mktemp("trained")
        model, history, sources = (folder / n for n in ("autoencoder.safetensors", "history.csv", "sources.json"))
        sources.write_text("{}", encoding="utf-8")
        section = AutoencoderTraining(**TINY | settings).model_dump()
        places = results, sources, results
        facts = "panoramas", 0, 1, "c0de", folder / "state.pt"
        script("autoencoder", *places, *facts, model, history, section)
        return model, history

    return train


@pytest.fixture(scope="module")
def trained(train):
    return train()


@pytest.fixture(scope="module")
def encoder_file(tmp_path_factory):
    """A random encoder in the layout of torchvision's file, with the classifier's two layers."""
    torch.manual_seed(7)
    state = {
        name.removeprefix("encoder."): value
        for name, value in MobileNetAutoencoder(1).state_dict().items()
        if name.startswith("encoder.")
    }
    path = tmp_path_factory.mktemp("encoder") / "mobilenet_v3_large.pth"
    torch.save(state | {"classifier.0.bias": torch.zeros(1280), "classifier.3.bias": torch.zeros(1000)}, path)
    return path


@pytest.fixture
def light(scenery):
    """Radiance of two exposures, of which the first clips 10 % of the values and the second half of them."""
    image = torch.from_numpy(scenery(3).transpose(2, 0, 1).copy())
    return torch.stack([image / image.quantile(0.9), image / image.quantile(0.5)])


def exposed(light):
    return light.clamp(max=1) ** (1 / 2.2)


def test_it_is_trained_written_and_reconstructs_each_exposure(trained, results, scene):
    model, history = trained
    assert read_table(history).columns.tolist() == ["step", "loss", "l1"]
    assert read_table(history).loss.notna().sum() == 3
    method = Autoencoder.load(model)
    assert set(method.trained_on()) == set(Scenes(results, "train").table.source)
    exposures = scene.ldr[..., :27]  # no multiple of anything
    radiance = method.reconstruct(exposures, scene.stops)
    assert radiance.shape == (3, 3, 32, 27)
    assert torch.isfinite(radiance).all() and radiance.min() >= 0
    y = method.predict_log(exposures)
    assert -1 < y.min() < y.max() < 1
    gains = torch.tensor(scene.stops).exp2().view(3, 1, 1, 1)
    torch.testing.assert_close(radiance * gains, denormalise(y, *find_range(y, exposures)))


def test_an_interrupted_training_goes_on_to_the_same_bytes(trained, train, tmp_path, monkeypatch):
    step = AutoencoderTrainer.train_step

    def ended(self, batch):
        if batch == 2:
            self.save()
            raise KeyboardInterrupt
        return step(self, batch)

    with monkeypatch.context() as patch:
        patch.setattr(AutoencoderTrainer, "train_step", ended)
        with pytest.raises(KeyboardInterrupt):
            train(tmp_path)
    done = []

    def watched(self, batch):
        done.append(batch)
        return step(self, batch)

    monkeypatch.setattr(AutoencoderTrainer, "train_step", watched)
    resumed, history = train(tmp_path)
    assert done == [2]
    assert resumed.read_bytes() == trained[0].read_bytes()
    assert history.read_bytes() == trained[1].read_bytes()


def test_the_encoder_of_the_file_is_frozen_and_in_the_weight_file_which_needs_no_other(
    train, encoder_file, tmp_path
):
    copy = tmp_path / "encoder.pth"
    copy.write_bytes(encoder_file.read_bytes())
    model, _ = train(encoder=str(copy))
    copy.unlink()
    state = Autoencoder.load(model).network.state_dict()
    given = torch.load(encoder_file, weights_only=True)
    kept = {name: value for name, value in given.items() if not name.startswith("classifier")}
    assert len(kept) > 200 and all(torch.equal(state[f"encoder.{name}"], kept[name]) for name in kept)
    assert {name for name in load_file(model) if not name.startswith("encoder.")} > {"bottleneck.0.weight"}


def test_training_changes_all_but_the_encoder(results, tmp_path):
    trainer = AutoencoderTrainer(inputs(results, tmp_path))
    before = {name: value.clone() for name, value in trainer.network.state_dict().items()}
    trainer.train_step(0)
    for name, value in trainer.network.state_dict().items():
        assert torch.equal(value, before[name]) == name.startswith("encoder."), name
    assert trainer.optimiser.defaults["betas"] == (0.5, 0.999)


def test_an_example_is_an_exposure_and_what_it_would_show_without_clipping(results, tmp_path):
    trainer = AutoencoderTrainer(inputs(results, tmp_path))
    drawn = set()
    for number in range(8):
        x, radiance = trainer.example(np.random.default_rng(number))
        assert x.shape == radiance.shape == (3, 32, 32)
        shown = (x > 0.05) & (x < 0.95)
        # The camera's response and its noise rank the values as the light does.
        ranks = [values[shown].argsort().argsort().double() for values in (x, radiance)]
        assert torch.corrcoef(torch.stack(ranks))[0, 1] > 0.95
        assert (radiance[x == 1] > 0.9).all()
        drawn.add(radiance.mean().item())
    assert len(drawn) > 4


def test_the_loss_is_l1_by_saturation_where_asked_for_and_lpips_of_images_in_0_to_1(results, tmp_path, vgg16_file):
    trainer = AutoencoderTrainer(inputs(results, tmp_path, vgg16=str(vgg16_file), alpha_map=True))
    x = torch.full((1, 3, 32, 32), 0.5)
    x[..., 16:] = 1
    y, target = torch.zeros(2, 1, 3, 32, 32)
    target[..., 16:], target[..., :16] = 0.5, -0.7
    terms = trainer.terms(x, y, target)
    assert terms["l1"].item() == pytest.approx(2 * 0.5 * 0.5)
    distance = load_lpips("vgg", vgg16_file, "key")(y / 2 + 0.5, target / 2 + 0.5)
    assert terms["lpips"].item() == pytest.approx(3 * distance.item(), rel=1e-5)
    trainer.settings = trainer.settings.model_copy(update={"alpha_map": False, "l1_weight": 1.0})
    assert trainer.terms(x, y, target)["l1"].item() == pytest.approx(0.6)


def test_each_file_that_is_not_named_is_warned_of_once(results, tmp_path, encoder_file, vgg16_file, caplog):
    AutoencoderTrainer(inputs(results, tmp_path))
    assert len(caplog.messages) == 2
    for message, key in zip(sorted(caplog.messages), ("encoder", "vgg16"), strict=True):
        assert f"autoencoder.{key} names no file" in message
    caplog.clear()
    AutoencoderTrainer(inputs(results, tmp_path, encoder=str(encoder_file), vgg16=str(vgg16_file)))
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_scenes_with_larger_values_are_not_trained_on(results, tmp_path):
    values = Scenes(results, "train").table.max_value
    limit = float(values.median())
    trainer = AutoencoderTrainer(inputs(results, tmp_path, max_value=limit))
    assert len(trainer.scenes) == (values <= limit).sum() < len(values)
    assert trainer.scenes[0].name in set(trainer.scenes.table.scene)
    with pytest.raises(UserError, match="autoencoder.max_value: found 0.001; every training scene has a larger"):
        AutoencoderTrainer(inputs(results, tmp_path, max_value=0.001))


@pytest.mark.parametrize("key", ["encoder", "vgg16"])
def test_a_file_that_is_missing_or_another_is_refused_in_one_line(
    results, tmp_path, encoder_file, vgg16_file, key
):
    with pytest.raises(UserError, match=r"^.*none.pth: no such file$"):
        AutoencoderTrainer(inputs(results, tmp_path, **{key: str(tmp_path / "none.pth")}))
    other = {"encoder": vgg16_file, "vgg16": encoder_file}[key]
    with pytest.raises(UserError, match=rf"^training\.autoencoder\.{key}: .*: not (the weights of )?\w+'s .*$"):
        AutoencoderTrainer(inputs(results, tmp_path, **{key: str(other)}))


def test_scenes_that_are_too_small_are_refused_with_the_least_size(results, tmp_path, monkeypatch):
    monkeypatch.setattr("metahdr.methods.autoencoder.trainer.LEAST", 64)
    with pytest.raises(UserError, match="found scenes of 32x32 pixels; the autoencoder .* at least 64x64"):
        AutoencoderTrainer(inputs(results, tmp_path))


def test_weights_of_another_method_are_refused(tmp_path):
    with pytest.raises(UserError, match="^autoencoder: no weights are shipped; give a weight file of a run"):
        Autoencoder.load()
    path = tmp_path / "other.safetensors"
    for facts, found in (({"method": "wu_unet"}, "wu_unet"), ({}, "another method")):
        save_network(path, HDRCNN(1 / 64), facts)
        with pytest.raises(UserError, match=f"found weights of {found}; expected those of autoencoder$"):
            Autoencoder.load(path)
    save_network(path, HDRCNN(1 / 64), {"method": "autoencoder", "settings": {"filters": 1}})
    with pytest.raises(UserError, match="encoder.features.0.0.weight is missing"):
        Autoencoder.load(path)


def test_the_true_log_image_gets_the_true_scale(light):
    low, high = find_range(normalise_target(light), exposed(light))
    torch.testing.assert_close(low, light.amin((1, 2, 3), keepdim=True), rtol=1e-3, atol=1e-5)
    torch.testing.assert_close(high, light.amax((1, 2, 3), keepdim=True), rtol=1e-3, atol=0)


def test_a_reconstruction_from_the_true_log_image_is_the_truth_in_the_scenes_scale(light):
    class Knowing(torch.nn.Module):
        def forward(self, x):
            return normalise_target(light[:1] if torch.equal(x, exposed(light[:1])) else light[1:])

    found = Autoencoder(Knowing(), None).reconstruct(exposed(light), [-1.0, 3.0])
    truth = light / torch.tensor([0.5, 8]).view(2, 1, 1, 1)
    torch.testing.assert_close(found, truth, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("answer", ["noise", "constant", "least", "wrong way round"])
def test_black_white_and_nearly_white_exposures_become_finite_light(answer):
    torch.manual_seed(0)
    noise = torch.rand(1, 3, 16, 16)
    y = {
        "noise": 2 * noise - 1,
        "constant": torch.zeros_like(noise),
        "least": torch.full_like(noise, -1),
        "wrong way round": normalise_target(1 - noise),
    }[answer]
    black, white = torch.zeros_like(noise), torch.ones_like(noise)
    nearly_white, nearly_black = white.clone(), black.clone()
    nearly_white[..., :2, :2], nearly_black[..., :2, :2] = 0.1, 1
    exposures = torch.cat([black, white, nearly_white, nearly_black, noise])
    ys = y.expand(5, -1, -1, -1)
    low, high = find_range(ys, exposures)
    radiance = denormalise(ys, low, high)
    assert torch.isfinite(radiance).all() and radiance.min() >= 0 and (low <= high).all()
    assert high.max() <= 65504 * 1.001
    assert (radiance[0] == 0).all()
    if answer != "least":
        torch.testing.assert_close(radiance[1], white[0], rtol=1e-4, atol=0)


def test_it_is_scored_only_where_it_is_named():
    assert "autoencoder" not in Score().method_names()
    assert Score(methods=["autoencoder"]).method_names() == ["autoencoder"]
