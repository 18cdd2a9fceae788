import pytest
import torch

from metahdr.config.meta import Meta
from metahdr.losses.make import make_loss
from metahdr.meta.engines import learn2learn
from metahdr.meta.learner import Learner, query, support
from metahdr.meta.outer import reptile, step_weights, task_gradient


@pytest.fixture
def problem(scene, tiny):
    torch.manual_seed(0)
    return (
        Learner(tiny),
        support(scene, 0, scene.hdr.expand(2, -1, -1, -1)),
        query(scene, 0),
        make_loss(tiny.loss, **tiny.loss_options),
    )


def test_without_annealing_only_the_last_step_counts():
    assert step_weights(3, 0, 0) == step_weights(3, 500, 0) == [0, 0, 0, 1]


def test_the_multi_step_loss_begins_with_all_steps_alike_and_ends_with_the_last():
    assert step_weights(4, 0, 10) == pytest.approx([0, 0.25, 0.25, 0.25, 0.25])
    assert step_weights(4, 5, 10) == pytest.approx([0, 0.125, 0.125, 0.125, 0.625])
    assert step_weights(4, 10, 10) == step_weights(4, 11, 10) == [0, 0, 0, 0, 1]


def test_a_single_shot_that_counts_leaves_the_steps_the_rest():
    assert step_weights(2, 0, 0, first=0.25) == [0.25, 0, 0.75]
    assert step_weights(2, 0, 10, first=0.5) == [0.5, 0.25, 0.25]


def test_reptile_goes_where_gradient_descent_on_all_exposures_went(problem, tiny):
    learner, (x, labels), (exposure, truth), loss = problem
    network = Learner(tiny, learner.state_dict()).network
    optimiser = torch.optim.SGD(network.parameters(), lr=tiny.inner_lr)
    for _ in range(3):
        optimiser.zero_grad()
        loss(network(torch.cat([x, exposure])), torch.cat([labels, truth])).backward()
        optimiser.step()
    value, ways = reptile(*problem, steps=3)
    torch.testing.assert_close(value, loss(network(exposure), truth).detach())
    for start, end, way in zip(learner.network.parameters(), network.parameters(), ways, strict=True):
        torch.testing.assert_close(start - tiny.inner_lr * way, end)


def test_joint_training_is_maml_without_an_inner_step(problem):
    """So the control sees what MAML's outer loss sees: the same image, label, batch and normalisation."""
    learner, _, (exposure, truth), loss = problem
    value, ours = task_gradient(*problem, Meta(algorithm="joint"), 0)
    reference, theirs = learn2learn(*problem, [1.0], second_order=True)
    assert value == reference == loss(learner.network(exposure), truth)
    torch.testing.assert_close(ours, theirs)


def gradients(problem, iteration=0, **settings):
    learner, *rest = problem
    value, parts = task_gradient(learner, *rest, Meta(filters=2, inner_steps=2, **settings), iteration)
    return torch.cat([part.flatten() for part in parts])


@pytest.mark.parametrize("algorithm", ["maml", "reptile", "joint"])
@pytest.mark.parametrize("other", ["maml", "reptile", "joint"])
def test_the_algorithms_differ(problem, algorithm, other):
    equal = torch.equal(gradients(problem, algorithm=algorithm), gradients(problem, algorithm=other))
    assert equal == (algorithm == other)


def test_warm_up_is_first_order_maml_until_it_ends(problem):
    first, second = (gradients(problem, second_order=order) for order in (False, True))
    assert not torch.allclose(first, second)
    assert torch.equal(gradients(problem, first_order_iterations=5, iteration=4), first)
    assert torch.equal(gradients(problem, first_order_iterations=5, iteration=5), second)


def test_the_engine_is_the_configured_one(problem):
    fast, reference = (gradients(problem, engine=engine) for engine in ("fast", "learn2learn"))
    torch.testing.assert_close(fast, reference, rtol=1e-3, atol=1e-6)
