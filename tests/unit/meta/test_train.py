import shutil

import numpy as np
import pytest
import torch
from bits import same
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from metahdr.images.files import write_exr
from metahdr.meta.trainer import Drawn, Trainer
from metahdr.methods.metahdr import load_learner
from metahdr.scenes.scene import Scenes, label_name
from metahdr.training import checkpoint
from metahdr.training.inputs import TrainingInputs


@pytest.fixture(autouse=True)
def on_the_cpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


@pytest.fixture
def trainer(results, tmp_path, tiny):
    def make(state="state.pt", source="true", folder=results, seed=0, threads=1, code="digest", **settings):
        settings = tiny.model_copy(update={"label_sources": [source]} | settings)
        return Trainer(TrainingInputs(folder, {}, "panoramas", settings, seed, threads, code, tmp_path / state))

    return make


def everything(trainer: Trainer) -> dict:
    return trainer.checkpoint() | {"history": trainer.history, "best": trainer.best}


def stop_before(trainer: Trainer, step: int) -> None:
    """Interrupts a training when it is about to make its `step`-th meta-iteration."""
    take = trainer.step

    def take_or_stop():
        if trainer.iteration + 1 == step:
            raise KeyboardInterrupt
        return take()

    trainer.step = take_or_stop
    with pytest.raises(KeyboardInterrupt):
        trainer.run()


def test_a_training_that_was_stopped_ends_bit_for_bit_like_one_that_was_not(trainer):
    whole = trainer("whole.pt")
    whole.run()
    stop_before(trainer(), step=3)
    resumed = trainer()
    assert resumed.iteration == 2
    resumed.run()
    assert same(everything(resumed), everything(whole))
    assert [row["iteration"] for row in resumed.history] == [1, 2, 3, 4]


def test_after_a_kill_between_two_saves_the_work_since_the_last_is_done_again(trainer):
    stop_before(trainer(save_every=2), step=4)
    assert trainer(save_every=2).iteration == 2


@pytest.mark.parametrize(
    "change", [{"inner_lr": 0.02}, {"seed": 1}, {"code": "another"}, {"source": "debevec"}], ids=str
)
def test_a_state_of_another_training_is_not_resumed(trainer, change):
    stop_before(trainer(), step=2)
    anew = trainer(**change)
    assert anew.iteration == 0
    assert anew.history == []


def test_a_finished_training_is_not_trained_further(trainer):
    done = trainer(iterations=1)
    done.run()
    again = trainer(iterations=1)
    again.run()
    assert same(everything(again), everything(done))


def test_the_meta_gradient_is_the_mean_over_the_tasks(trainer):
    drawn = [Drawn(0, 0), Drawn(1, 2)]

    def gradient(tasks):
        one = trainer("none.pt", tasks=len(tasks))
        one._draw = lambda: tasks
        loss = one.step()
        return loss, [parameter.grad for parameter in one.learner.parameters()]

    (loss, both), (loss_a, a), (loss_b, b) = gradient(drawn), gradient(drawn[:1]), gradient(drawn[1:])
    assert loss == pytest.approx((loss_a + loss_b) / 2)
    torch.testing.assert_close(both, [(x + y) / 2 for x, y in zip(a, b, strict=True)])


def test_the_first_outer_step_is_adams(trainer):
    one = trainer(tasks=1)
    before = [parameter.detach().clone() for parameter in one.learner.parameters()]
    one.step()
    for old, new in zip(before, one.learner.parameters(), strict=True):
        # Kingma and Ba 2015, algorithm 1 at t = 1: the moments' bias corrections leave g and g^2
        expected = old - one.settings.outer_lr * new.grad / (new.grad.abs() + 1e-8)
        torch.testing.assert_close(new.detach(), expected)


def test_training_on_one_task_learns_it(trainer):
    one = trainer(tasks=1, outer_lr=0.02)
    one._draw = lambda: [Drawn(0, 1)]
    losses = [one.step() for _ in range(10)]
    assert losses[-1] < 0.8 * losses[0]


def test_labels_that_equal_the_truth_train_like_the_truth_and_others_do_not(trainer, results, tmp_path):
    data = shutil.copytree(results.parent, tmp_path / "data") / results.name
    for scene in Scenes(data, None):
        for ev in scene.evs:
            truth = scene.hdr.numpy().transpose(1, 2, 0)
            write_exr(data / "labels/expandnet" / scene.chunk / label_name(scene.name, ev), truth, half=False)
            write_exr(data / "labels/simulated" / scene.chunk / label_name(scene.name, ev), 0 * truth)
    true, equal = trainer("true.pt", iterations=2), trainer("equal.pt", "expandnet", data, iterations=2)
    true.run()
    equal.run()
    trained = [everything(one) for one in (true, equal)]
    for values in trained:
        del values["settings"], values["best"]["settings"]  # they name the label source
    assert same(*trained)
    assert trainer("black.pt", "simulated", data).step() != true.history[0]["meta_loss"]


def test_validation_scores_are_means_over_all_scenes_with_the_exposures_held_out_in_turn(trainer, results):
    one = trainer()
    scores = one.validate()
    expected = []
    for number, scene in enumerate(Scenes(results, "validation")):
        truth = scene.hdr.clamp(0, 1).numpy()
        with torch.no_grad():
            image = one.learner.network(scene.ldr[None, number % 3])[0].numpy()
        ssim = structural_similarity(
            image,
            truth,
            data_range=1,
            channel_axis=0,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
        )
        expected.append((peak_signal_noise_ratio(truth, image, data_range=1), ssim))
    np.testing.assert_allclose([scores["psnr_single"], scores["ssim_single"]], np.mean(expected, 0), rtol=1e-4)
    assert scores["loss_adapted"] < scores["loss_single"]


def test_the_best_checkpoint_is_that_of_the_highest_adapted_ssim(trainer):
    def best_of(*scores):
        one = trainer(f"{len(scores)}.pt", iterations=len(scores), validate_every=1)
        one.validate = lambda: {"ssim_adapted": scores[one.iteration - 1]}
        one.run()
        return one

    best, then = best_of(0.2, 0.9, 0.5, 0.8).best, best_of(0.2, 0.9).checkpoint()
    assert best["iteration"] == 2
    assert best["validation"]["ssim_adapted"] == 0.9
    assert same(best["parameters"], then["parameters"])
    assert same(best["optimiser"], then["optimiser"])


def test_a_checkpoint_holds_the_meta_parameters_that_a_learner_loads(trainer, tmp_path, scene):
    one = trainer(iterations=1)
    one.run()
    checkpoint.save(tmp_path / "last.pt", one.checkpoint())
    learner, settings = load_learner(tmp_path / "last.pt")
    assert settings == one.settings
    assert torch.equal(learner.network(scene.ldr), one.learner.network(scene.ldr))
