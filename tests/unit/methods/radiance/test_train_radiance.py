import numpy as np
import pytest
import torch

from metahdr.errors import UserError
from metahdr.images.files import write_exr
from metahdr.methods.radiance import Radiance
from metahdr.methods.radiance.pairs import RandomViews
from metahdr.methods.radiance.settings import RadianceTraining
from metahdr.methods.radiance.trainer import RadianceTrainer
from metahdr.training.inputs import TrainingInputs
from metahdr.training.views import decode_images


@pytest.fixture(autouse=True)
def on_the_cpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


@pytest.fixture
def inputs(tmp_path, scenery, write_fold):
    for seed, name in enumerate("ab"):
        write_exr(tmp_path / f"{name}.exr", scenery(seed))
    write_fold(tmp_path, a="train", b="test")
    raw = {name: tmp_path / f"{name}.exr" for name in "ab"}

    def make(state="state.pt", **settings):
        settings = RadianceTraining(**({"size": 32, "steps": 4, "batch": 2, "save_every": 1} | settings))
        return TrainingInputs(tmp_path, raw, "panoramas", settings, 0, 1, "digest", tmp_path / state)

    return make


def test_a_training_that_was_killed_ends_as_if_it_had_not_been(inputs, monkeypatch):
    whole = RadianceTrainer(inputs("whole.pt"))
    whole.run()

    class Killed(Exception):
        pass

    def killed(self, *batch, train_on=RadianceTrainer.train_step):
        if self.step == 2:
            raise Killed
        return train_on(self, *batch)

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(RadianceTrainer, "train_step", killed)
        RadianceTrainer(inputs()).run()
    resumed = RadianceTrainer(inputs())
    assert resumed.step == 2
    resumed.run()
    assert resumed.history == whole.history
    for network in ("network", "average"):
        ours, theirs = (getattr(trainer, network).state_dict() for trainer in (resumed, whole))
        assert all(torch.equal(ours[name], value) for name, value in theirs.items())


def test_a_trained_model_names_the_training_sources_alone(inputs, tmp_path):
    RadianceTrainer(inputs()).produce(tmp_path / "radiance.safetensors", tmp_path / "history.csv")
    assert list(Radiance.load(tmp_path / "radiance.safetensors").trained_on()) == ["a"]
    assert len((tmp_path / "history.csv").read_text(encoding="utf-8").splitlines()) == 5
    assert not (tmp_path / "state.pt").exists()


def test_steps_on_one_batch_lower_its_loss(inputs, monkeypatch):
    trainer = RadianceTrainer(inputs())
    trainer.run()
    batch = next(iter(torch.utils.data.DataLoader(trainer.examples, 2, sampler=range(2))))
    monkeypatch.setattr(RadianceTrainer, "step", 0)
    monkeypatch.setattr("metahdr.methods.radiance.trainer.WARM_UP", 1)
    losses = [trainer.train_step(batch)["loss"] for _ in range(15)]
    assert losses[-1] < 0.9 * losses[0]


def test_a_loss_that_is_not_finite_ends_a_training_with_its_step(inputs, monkeypatch):
    nan = {"log": torch.tensor(torch.nan, requires_grad=True)}
    monkeypatch.setattr("metahdr.methods.radiance.trainer.radiance_loss", lambda *_: nan)
    with pytest.raises(UserError, match="train radiance: the loss of step 1 is nan; a lower learning rate"):
        RadianceTrainer(inputs()).run()


def test_a_pair_is_one_exposure_of_its_truth(inputs, tmp_path):
    (tmp_path / "decoded").mkdir()
    files = decode_images({"a": tmp_path / "a.exr"}, tmp_path / "decoded")
    views = RandomViews(files, True, inputs().settings, 0)
    for pair in map(views.__getitem__, range(40)):
        shown = (pair.ldr < 0.8) & (pair.ldr > 0.1)
        back = np.interp(pair.ldr, np.linspace(0, 1, len(pair.table)), pair.table)
        assert np.median(np.abs(back / pair.hdr - 1)[shown]) < 0.15  # of noise and compression
        assert (pair.hdr[pair.ldr < 0.9] < 1).mean() > 0.99
    again = views[3]
    np.testing.assert_array_equal(again.ldr, views[3].ldr)
