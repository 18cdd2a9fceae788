"""Interrupts, losses that are not finite, and what the state of a training survives."""

import dataclasses
import logging
import math
import signal
from pathlib import Path

import pytest
import torch
from bits import same
from test_train import everything

from metahdr.config.meta import Meta
from metahdr.errors import UserError
from metahdr.meta.learner import query, support
from metahdr.meta.trainer import Drawn, Trainer, finite
from metahdr.scenes.scene import Scene, Scenes
from metahdr.training.inputs import TrainingInputs


@pytest.fixture(autouse=True, scope="module")
def on_the_cpu():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.cuda, "is_available", lambda: False)
        yield


def make_trainer(results: Path, state: Path, **settings) -> Trainer:
    tiny = {"filters": 2, "inner_steps": 1, "tasks": 2, "iterations": 4, "validate_every": 2, "save_every": 3}
    return Trainer(TrainingInputs(results, {}, "panoramas", Meta(**tiny | settings), 0, 1, "digest", state))


@pytest.fixture
def trainer(results, tmp_path):
    return lambda state="state.pt", **settings: make_trainer(results, tmp_path / state, **settings)


@pytest.fixture(scope="module")
def uninterrupted(results, tmp_path_factory) -> dict:
    one = make_trainer(results, tmp_path_factory.mktemp("uninterrupted") / "state.pt")
    one.run()
    return everything(one)


@pytest.fixture
def sick(results):
    """A task whose truth is not a number."""
    scene = Scenes(results, "train")[2]
    return dataclasses.replace(scene, name="sick_1", hdr=torch.full_like(scene.hdr, math.nan))


def draw(one: Trainer, *tasks: tuple[Scene, int]) -> None:
    """Lets a training draw these tasks and held-out exposures every time."""
    one.training = [task for task, _ in tasks]
    one._draw = lambda: [Drawn(index, held_out) for index, (_, held_out) in enumerate(tasks)]


def interrupt_after(one: Trainer, owner: object, name: str, call: int) -> None:
    """Ctrl-C comes while the `call`-th call of `owner.name` is still at work."""
    work, calls = getattr(owner, name), iter(range(1, 1000))

    def interrupted_work(*arguments):
        result = work(*arguments)
        if next(calls) == call:
            signal.raise_signal(signal.SIGINT)
        return result

    setattr(owner, name, interrupted_work)
    with pytest.raises(KeyboardInterrupt):
        one.run()


# Where Ctrl-C comes, and how many iterations are whole; there are two tasks in each and a validation after two.
MOMENTS = {
    "between the tasks of an iteration": (lambda one: (one, "_move", 3), 1),
    "in the optimiser's step": (lambda one: (one.optimiser, "step", 3), 3),
    "in the validation": (lambda one: (one, "_move", 5), 1),
    "while saving": (lambda one: (one, "save", 1), 3),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_ctrl_c_saves_the_last_whole_iteration_and_the_end_is_bit_for_bit_the_same(trainer, uninterrupted, moment):
    where, iterations = MOMENTS[moment]
    one = trainer()
    interrupt_after(one, *where(one))
    resumed = trainer()
    assert resumed.iteration == len(resumed.history) == iterations
    resumed.run()
    assert same(everything(resumed), uninterrupted)


def test_the_log_says_where_an_interrupted_training_goes_on(trainer, caplog):
    caplog.set_level(logging.INFO)
    one = trainer()
    interrupt_after(one, one, "_move", 1)
    assert "state.pt goes on at iteration 1" in caplog.text


def test_a_task_that_is_not_finite_stops_the_training_with_its_name_and_advice(trainer, sick, scene):
    one = trainer()
    before = everything(one)
    draw(one, (scene, 0), (sick, 2))
    expected = (
        r"meta-iteration 1, task 2 of 2 \(scene sick_1, EV \+2 held out\): loss nan.* smaller meta\.inner_lr"
    )
    with pytest.raises(UserError, match=expected):
        one.run()
    assert same(one.checkpoint()["parameters"], before["parameters"])


def test_a_skipped_task_is_in_no_mean_and_is_counted_and_named(trainer, sick, scene, caplog):
    healthy, one = trainer("healthy.pt", tasks=1), trainer(tasks=2, on_nonfinite="skip", iterations=1)
    draw(healthy, (scene, 0))
    draw(one, (sick, 2), (scene, 0))
    alone = healthy.step()
    one.run()
    assert one.history[0]["skipped"] == 1
    assert one.history[0]["meta_loss"] == pytest.approx(alone)
    for a, b in zip(healthy.learner.parameters(), one.learner.parameters(), strict=True):
        torch.testing.assert_close(a.grad, b.grad)
        torch.testing.assert_close(a, b)
    assert "scene sick_1, EV +2 held out" in caplog.text and "left out" in caplog.text


def test_when_all_tasks_are_skipped_nothing_changes(trainer, sick):
    one = trainer(on_nonfinite="skip")
    before = everything(one)
    draw(one, (sick, 0), (sick, 1))
    assert math.isnan(one.step())
    assert one.skipped == 2
    assert same(one.checkpoint()["parameters"], before["parameters"])
    assert same(one.checkpoint()["optimiser"], before["optimiser"])


def test_a_training_without_such_a_task_skips_none(trainer):
    one = trainer(iterations=2)
    one.run()
    assert [row["skipped"] for row in one.history] == [0, 0]


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_one_element_that_is_not_finite_is_enough(bad):
    rows = torch.ones(3, 4)
    rows[1, 2] = bad
    assert finite(rows).tolist() == [True, False, True]


def test_a_validation_that_diverged_is_best_only_until_another(trainer):
    one = trainer(validate_every=1)
    scores = [math.nan, 0.2, math.nan, 0.1]
    one.validate = lambda: {"ssim_adapted": scores[one.iteration - 1]}
    one.run()
    assert one.best["iteration"] == 2


def test_a_training_stopped_by_a_bad_task_goes_on_when_told_to_skip_it(trainer, sick):
    def with_sick(drawn):
        return support(sick, drawn.held_out, sick.hdr.expand(2, -1, -1, -1)), query(sick, drawn.held_out)

    def run(one):
        draw, take, drawn = one._draw, one._task, []

        def remember():
            drawn[:] = draw()
            return drawn

        one._draw = remember
        one._task = lambda item: with_sick(item) if one.iteration == 2 and item is drawn[0] else take(item)
        one.run()
        return everything(one) | {"settings": None}

    whole = run(trainer("whole.pt", on_nonfinite="skip", iterations=3))
    with pytest.raises(UserError, match="meta-iteration 3"):
        run(trainer(save_every=1, iterations=3))
    resumed = trainer(on_nonfinite="skip", iterations=3)
    assert resumed.iteration == 2
    assert same(run(resumed), whole)


@pytest.mark.parametrize(
    "change", [{"save_every": 7}, {"on_nonfinite": "skip"}, {"label_sources": ["true"]}], ids=str
)
def test_settings_that_change_no_result_may_change_in_the_middle(trainer, change):
    one = trainer()
    interrupt_after(one, one, "_move", 3)
    assert trainer(**change).iteration == 1
