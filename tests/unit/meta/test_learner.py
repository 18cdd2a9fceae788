import pytest
import torch
from torch.func import functional_call

from metahdr.config.meta import Meta
from metahdr.losses.make import Loss, make_loss
from metahdr.meta.learner import Learner, adapt, leaves, predict, query, support


def truth_of(scene) -> torch.Tensor:
    """The scene's HDR truth as the label of both support exposures."""
    return scene.hdr.expand(2, -1, -1, -1)


def loss_of(settings: Meta) -> Loss:
    return make_loss(settings.loss, **settings.loss_options)


def test_adaptation_moves_the_decoder_and_leaves_the_frozen_encoder(scene, tiny):
    torch.manual_seed(0)
    settings = tiny.model_copy(update={"network": "resnet18"})
    learner = Learner(settings)
    before = {name: value.clone() for name, value in learner.state_dict().items()}
    start, sets = learner.parameters_of_network(), support(scene, 0, truth_of(scene))
    adapted = adapt(learner.network, start, learner.rates(), *sets, loss_of(settings), 2)
    functional_call(learner.network, adapted, query(scene, 0)[0]).sum().backward()
    torch.testing.assert_close(dict(learner.state_dict()), before, rtol=0, atol=0)
    assert not torch.equal(adapted["head.weight"], start["head.weight"])
    with_gradient = {name for name, p in adapted.items() if p.grad is not None}
    everything = {name.removeprefix("network.") for name in before}
    assert with_gradient == start.keys() == {name for name in everything if not name.startswith("encoder.")}


def test_adaptation_is_plain_gradient_descent_on_the_support_set(scene, tiny):
    torch.manual_seed(0)
    learner, loss = Learner(tiny), loss_of(tiny)
    x, labels = support(scene, 0, truth_of(scene))
    network = Learner(tiny, learner.state_dict()).network
    optimiser = torch.optim.SGD(network.parameters(), lr=tiny.inner_lr)
    for _ in range(3):
        optimiser.zero_grad()
        loss(network(x), labels).backward()
        optimiser.step()
    exposure, _ = query(scene, 0)
    torch.testing.assert_close(predict(learner, scene, 0, truth_of(scene), loss, 3), network(exposure)[0].detach())


def test_adaptation_changes_the_prediction_but_not_the_meta_parameters(scene, tiny):
    torch.manual_seed(0)
    learner, loss = Learner(tiny), loss_of(tiny)
    before = {name: value.clone() for name, value in learner.state_dict().items()}
    single, adapted = (predict(learner, scene, 2, truth_of(scene), loss, steps) for steps in (0, 3))
    assert not torch.allclose(single, adapted, atol=1e-4)
    torch.testing.assert_close(dict(learner.state_dict()), before, rtol=0, atol=0)
    assert all(parameter.grad is None for parameter in learner.parameters())


def test_single_shot_is_the_network_alone(scene, tiny):
    learner = Learner(tiny)
    prediction = predict(learner, scene, 1, truth_of(scene), loss_of(tiny), 0)
    assert torch.equal(prediction, learner.network(scene.ldr[1:2])[0])


def test_the_support_set_is_what_is_not_held_out(scene):
    x, labels = support(scene, 1, torch.stack([torch.full_like(scene.hdr, value) for value in (0.1, 3)]))
    assert torch.equal(x, scene.ldr[[0, 2]])
    assert labels[:, 0, 0, 0].tolist() == [pytest.approx(0.1), 1], "labels are clipped to 1"
    exposure, truth = query(scene, 1)
    assert torch.equal(exposure, scene.ldr[[1]])
    assert torch.equal(truth[0], scene.hdr.clamp(0, 1))
    assert scene.hdr.max() > 1


def test_true_labels_are_the_clipped_hdr_image_for_every_exposure(scene):
    _, labels = support(scene, 0, truth_of(scene))
    assert labels.shape == (2, *scene.hdr.shape)
    assert torch.equal(labels[0], scene.hdr.clamp(0, 1))
    assert torch.equal(labels[1], labels[0])


def test_only_the_head_adapts_where_it_alone_shall(scene, tiny):
    learner = Learner(tiny.model_copy(update={"adapted": "head"}))
    start = leaves(learner.parameters_of_network())
    adapted = adapt(learner.network, start, learner.rates(), *support(scene, 0, truth_of(scene)), loss_of(tiny), 1)
    assert {name for name in start if not torch.equal(start[name], adapted[name])} == {"head.weight", "head.bias"}


def test_learned_rates_begin_as_the_fixed_one_and_count_step_by_step(scene, tiny):
    torch.manual_seed(0)
    tiny = tiny.model_copy(update={"inner_steps": 2})
    fixed = Learner(tiny)
    values = {f"network.{name}": value for name, value in fixed.network.state_dict().items()}
    for kind in ("per_parameter", "per_layer_and_step"):
        learner = Learner(tiny.model_copy(update={"inner_rates": kind}))
        learner.load_state_dict(values, strict=False)
        same = [predict(one, scene, 1, truth_of(scene), loss_of(tiny), 2) for one in (fixed, learner)]
        torch.testing.assert_close(*same)
    with torch.no_grad():
        for rates in learner.learned_rates:
            rates[1:] = 0
    one, two = (predict(learner, scene, 1, truth_of(scene), loss_of(tiny), steps) for steps in (1, 2))
    assert torch.equal(one, two), "the second step has rate 0"
    assert not torch.equal(one, predict(learner, scene, 1, truth_of(scene), loss_of(tiny), 0))
