import pytest
import torch
from torch import nn

from metahdr.config import Meta
from metahdr.losses import make_loss
from metahdr.meta.learner import MAML, adapt, make_learner, predict, query, support


class Line(nn.Module):
    """y = w x."""

    def __init__(self, w: float):
        super().__init__()
        self.w = nn.Parameter(torch.tensor(w, dtype=torch.float64))

    def forward(self, x):
        return self.w * x


def squared(prediction, label):
    return (prediction - label).square().sum()


def numbers(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


@pytest.mark.parametrize("steps", [0, 1, 3])
@pytest.mark.parametrize("first_order", [False, True])
def test_the_meta_gradient_of_a_line_is_the_one_worked_out_by_hand(steps, first_order):
    w, lr, x, y, query_x, query_y = 2.0, 0.05, 1.5, 1.0, 0.5, 3.0
    learner = MAML(Line(w), lr=lr, first_order=first_order)
    clone = adapt(learner, numbers(x), numbers(y), squared, steps)
    squared(clone(numbers(query_x)), numbers(query_y)).backward()

    # One step: w' = w - 2 lr x (w x - y), so dw'/dw = 1 - 2 lr x^2, which first order leaves out.
    adapted, chain = w, 1.0
    for _ in range(steps):
        adapted -= 2 * lr * x * (adapted * x - y)
        chain *= 1.0 if first_order else 1 - 2 * lr * x**2
    assert clone.module.w.item() == pytest.approx(adapted)
    assert learner.module.w.grad.item() == pytest.approx(2 * query_x * (adapted * query_x - query_y) * chain)


@pytest.mark.parametrize(
    "values",
    [
        {"filters": 1},
        {"filters": 2},
        {"filters": 2, "norm": "group"},
        {"filters": 2, "network": "unet_code"},
        {"filters": 1, "network": "resnet18"},
        {"filters": 1, "network": "resnet18", "norm": "group"},
        {"filters": 1, "loss": "haarpsi_mse"},
    ],
    ids=str,
)
def test_the_meta_gradient_agrees_with_finite_differences(values):
    settings = Meta(inner_steps=2, inner_lr=0.1, **values)
    torch.manual_seed(0)
    learner = make_learner(settings).double()
    loss = make_loss(settings)
    x, labels = torch.rand(2, 2, 3, 32, 32, dtype=torch.float64)
    exposure, truth = torch.rand(2, 1, 3, 32, 32, dtype=torch.float64)

    def meta_loss():
        return loss(adapt(learner, x, labels, loss, settings.inner_steps)(exposure), truth)

    parameters = [parameter for parameter in learner.parameters() if parameter.requires_grad]
    direction = [torch.randn_like(parameter) for parameter in parameters]
    gradient = torch.autograd.grad(meta_loss(), parameters)
    slope = sum((g * d).sum() for g, d in zip(gradient, direction, strict=True)).item()

    def moved(distance):
        with torch.no_grad():
            for parameter, d in zip(parameters, direction, strict=True):
                parameter += distance * d
        return meta_loss().item()

    step = 1e-8  # small, because ReLUs that switch within it make the inner gradients jump
    difference = (moved(step) - moved(-2 * step)) / (2 * step)
    assert slope == pytest.approx(difference, rel=1e-4)


def test_adaptation_moves_the_decoder_and_leaves_the_frozen_encoder(task, tiny):
    torch.manual_seed(0)
    settings = tiny.model_copy(update={"network": "resnet18"})
    learner = make_learner(settings)
    before = {name: value.clone() for name, value in learner.module.state_dict().items()}
    clone = adapt(learner, *support(task, 0, None), make_loss(settings), 2)
    clone(query(task, 0)[0]).sum().backward()
    torch.testing.assert_close(dict(learner.module.state_dict()), before, rtol=0, atol=0)
    adapted = clone.module.state_dict()
    assert not torch.equal(adapted["head.weight"], before["head.weight"])
    kept = {name for name, value in adapted.items() if torch.equal(value, before[name])}
    with_gradient = {name for name, p in learner.module.named_parameters() if p.grad is not None}
    encoder = {name for name in before if name.startswith("encoder.")}
    assert encoder <= kept
    assert with_gradient == before.keys() - encoder


def test_adaptation_is_plain_gradient_descent_on_the_support_set(task, tiny):
    torch.manual_seed(0)
    learner, loss = make_learner(tiny), make_loss(tiny)
    x, labels = support(task, 0, None)
    network = make_learner(tiny).module
    network.load_state_dict(learner.module.state_dict())
    optimiser = torch.optim.SGD(network.parameters(), lr=tiny.inner_lr)
    for _ in range(3):
        optimiser.zero_grad()
        loss(network(x), labels).backward()
        optimiser.step()
    exposure, _ = query(task, 0)
    torch.testing.assert_close(predict(learner, task, 0, None, loss, 3), network(exposure)[0].detach())


def test_adaptation_changes_the_prediction_but_not_the_meta_parameters(task, tiny):
    torch.manual_seed(0)
    learner, loss = make_learner(tiny), make_loss(tiny)
    before = {name: value.clone() for name, value in learner.module.state_dict().items()}
    single, adapted = (predict(learner, task, 2, None, loss, steps) for steps in (0, 3))
    assert not torch.allclose(single, adapted, atol=1e-4)
    torch.testing.assert_close(dict(learner.module.state_dict()), before, rtol=0, atol=0)
    assert all(parameter.grad is None for parameter in learner.parameters())


def test_single_shot_is_the_network_alone(task, tiny):
    learner = make_learner(tiny)
    prediction = predict(learner, task, 1, None, make_loss(tiny), 0)
    assert torch.equal(prediction, learner.module(task.ldr[1:2])[0])


def test_the_support_set_is_what_is_not_held_out(task):
    x, labels = support(task, 1, torch.stack([torch.full_like(task.hdr, value) for value in (0.1, 3)]))
    assert torch.equal(x, task.ldr[[0, 2]])
    assert labels[:, 0, 0, 0].tolist() == [pytest.approx(0.1), 1], "labels are clipped to 1"
    exposure, truth = query(task, 1)
    assert torch.equal(exposure, task.ldr[[1]])
    assert torch.equal(truth[0], task.hdr.clamp(0, 1))
    assert task.hdr.max() > 1


def test_true_labels_are_the_clipped_hdr_image_for_every_exposure(task):
    _, labels = support(task, 0, None)
    assert labels.shape == (2, *task.hdr.shape)
    assert torch.equal(labels[0], task.hdr.clamp(0, 1))
    assert torch.equal(labels[1], labels[0])
