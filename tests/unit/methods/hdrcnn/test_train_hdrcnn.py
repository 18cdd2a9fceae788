import multiprocessing
import os
import signal

import numpy as np
import pytest
import torch

from metahdr.images.files import write_exr
from metahdr.methods.hdrcnn.settings import HDRCNNTraining
from metahdr.methods.hdrcnn.trainer import HDRCNNTrainer
from metahdr.nets.hdrcnn import saturation
from metahdr.training.inputs import TrainingInputs


@pytest.fixture(autouse=True)
def on_the_cpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


@pytest.fixture
def trainer(tmp_path, scenery, write_fold):
    write_exr(tmp_path / "a.exr", scenery(0))
    write_exr(tmp_path / "b.exr", scenery(1))
    write_fold(tmp_path, a="train", b="train")
    raw = {name: tmp_path / f"{name}.exr" for name in ("a", "b")}

    def make(state="state.pt", seed=0, threads=1, code="digest", **settings):
        settings = HDRCNNTraining(**({"width": 1 / 64, "size": 32, "steps": 4, "batch": 2} | settings))
        inputs = TrainingInputs(tmp_path, raw, "panoramas", settings, seed, threads, code, tmp_path / state)
        return HDRCNNTrainer(inputs)

    return make


def test_a_training_that_was_killed_ends_as_if_it_had_not_been(trainer, monkeypatch):
    whole = trainer("whole.pt", save_every=1)
    whole.run()

    class Killed(Exception):
        pass

    def killed(self, *batch, train_on=HDRCNNTrainer.train_step):
        if self.step == 2:
            raise Killed
        return train_on(self, *batch)

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(HDRCNNTrainer, "train_step", killed)
        trainer(save_every=1).run()
    resumed = trainer(save_every=1)
    assert resumed.step == 2
    resumed.run()
    assert resumed.history == whole.history
    for name, value in whole.network.state_dict().items():
        assert torch.equal(resumed.network.state_dict()[name], value), name
    assert trainer("other.pt", seed=1).network.head.weight.ne(whole.network.head.weight).any()


def test_a_signal_to_all_processes_of_a_training_saves_it_after_the_step_at_hand(trainer, monkeypatch):
    def interrupted(self, *batch, train_on=HDRCNNTrainer.train_step):
        if self.step == 1:
            for process in (*multiprocessing.active_children(), multiprocessing.current_process()):
                os.kill(process.pid, signal.SIGINT)
        return train_on(self, *batch)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(HDRCNNTrainer, "train_step", interrupted)
        trainer(save_every=4).run()
    assert trainer(save_every=2).step == 2


def test_a_state_of_other_settings_is_not_resumed(trainer):
    trainer().run()
    assert trainer().step == 4
    assert trainer(learning_rate=0.5).step == 0


def test_the_learning_rate_falls_along_a_cosine_or_stays(trainer):
    def rates(**settings):
        one, seen = trainer(f"{settings}.pt", learning_rate=0.1, **settings), []
        step = one.optimiser.step
        one.optimiser.step = lambda: (seen.append(one.optimiser.param_groups[0]["lr"]), step())
        one.run()
        return seen

    assert rates(decay=True) == pytest.approx([0.1 * (1 + np.cos(np.pi * k / 4)) / 2 for k in range(4)])
    assert rates(decay=False) == [0.1] * 4


@pytest.mark.parametrize("loss", ["log", "reflectance", "reflectance_code"])
def test_training_lowers_the_error_in_saturated_regions(trainer, loss):
    one = trainer(
        f"{loss}.pt", width=1 / 32, steps=20, batch=4, learning_rate=0.005, clipped_share=[0.4, 0.5], loss=loss
    )
    one.run()
    losses = [row["loss"] for row in one.history]
    assert np.mean(losses[-4:]) < 0.8 * np.mean(losses[:2])


def test_the_loss_of_the_authors_code_looks_where_the_truth_is_saturated(trainer):
    x, target = torch.zeros(1, 3, 8, 8), torch.full((1, 3, 8, 8), 2.0)
    y = torch.zeros(1, 3, 8, 8)
    assert saturation(x).max() == 0
    assert trainer(loss="reflectance").loss(x, y, target) == 0
    assert trainer(loss="reflectance_code").loss(x, y, target) > 0.1
