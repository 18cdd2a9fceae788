import pytest
import torch
from torch import nn
from torch.func import functional_call

import metahdr.meta.reference  # noqa: F401  before learn2learn
from metahdr.config.meta import Meta
from metahdr.losses.make import make_loss
from metahdr.meta.engines import fast, learn2learn
from metahdr.meta.learner import Learner, query, sgd_step, support

NETWORKS = [{}, {"norm": "group"}, {"network": "unet_code"}, {"network": "resnet18", "filters": 1}]
LOSSES = [{"loss": name} for name in ("ssim_l1", "mu_law", "ir", "haarpsi_mse", "lpips", "lpips_l1")]


@pytest.fixture
def sets(scene):
    """Support and query set of a scene in a type of numbers."""

    def make(dtype):
        pairs = support(scene, 1, scene.hdr.expand(2, -1, -1, -1)), query(scene, 1)
        return [tuple(image.to(dtype) for image in pair) for pair in pairs]

    return make


@pytest.fixture
def learner(request):
    """A learner that has left its initial values, so that nothing is 0 or 1 by chance, and its loss."""

    def make(dtype=torch.float64, **values):
        if values.get("loss", "").startswith("lpips"):
            values["vgg16"] = str(request.getfixturevalue("vgg16_file"))
        settings = Meta(**{"filters": 2, "inner_lr": 0.02} | values)
        torch.manual_seed(0)
        learner = Learner(settings).to(dtype)
        with torch.no_grad():
            for parameter in learner.meta_parameters():
                parameter *= 1 + 0.2 * torch.randn_like(parameter)
        return learner, make_loss(settings.loss, **settings.loss_options)

    return make


def unrolled(learner, support, query, loss, weights):
    """The meta-gradient by differentiating through all steps, in second order, for whatever learner."""
    parameters, rates = learner.parameters_of_network(), learner.rates()
    total = 0.0
    for step, weight in enumerate(weights):
        if step:
            value = loss(functional_call(learner.network, parameters, support[0]), support[1])
            adapted = [parameters[name] for name in rates]
            gradients = torch.autograd.grad(value, adapted, create_graph=True)
            parameters = sgd_step(parameters, rates, gradients, step - 1)
        total = total + weight * loss(functional_call(learner.network, parameters, query[0]), query[1])
    return total.detach(), list(torch.autograd.grad(total, learner.meta_parameters()))


def flat(tensors) -> torch.Tensor:
    return torch.cat([tensor.flatten() for tensor in tensors])


def error(ours, theirs) -> float:
    return ((flat(ours) - flat(theirs)).norm() / flat(theirs).norm()).item()


def last(steps: int) -> list[float]:
    return [0.0] * steps + [1.0]


@pytest.mark.parametrize("second_order", [True, False], ids=["second order", "first order"])
@pytest.mark.parametrize("values", NETWORKS + LOSSES, ids=str)
def test_fast_gives_learn2learns_meta_gradient_for_every_network_and_loss(learner, sets, values, second_order):
    for dtype, tolerance in ((torch.float64, 1e-9), (torch.float32, 1e-4)):
        one, loss = learner(dtype, **values)
        steps = 1 if "lpips" in values.get("loss", "") else 2  # VGG16 takes its time
        arguments = (one, *sets(dtype), loss, last(steps), second_order)
        (value, ours), (reference, theirs) = fast(*arguments), learn2learn(*arguments)
        torch.testing.assert_close(value, reference)
        assert error(ours, theirs) <= tolerance


@pytest.mark.parametrize("second_order", [True, False], ids=["second order", "first order"])
@pytest.mark.parametrize("steps", [1, 2, 3, 4, 5])
def test_fast_gives_learn2learns_meta_gradient_for_every_number_of_steps(learner, sets, steps, second_order):
    for dtype, tolerance in ((torch.float64, 1e-9), (torch.float32, 1e-4)):
        one, loss = learner(dtype)
        arguments = (one, *sets(dtype), loss, last(steps), second_order)
        assert error(fast(*arguments)[1], learn2learn(*arguments)[1]) <= tolerance


@pytest.mark.parametrize("kept_steps", [0, 2, 9])
def test_keeping_graphs_changes_nothing(learner, sets, kept_steps):
    one, loss = learner()
    arguments = (one, *sets(torch.float64), loss, last(3), True)
    assert error(fast(*arguments, kept_steps)[1], fast(*arguments)[1]) <= 1e-12


def test_first_and_second_order_differ(learner, sets):
    one, loss = learner()
    first, second = (fast(one, *sets(torch.float64), loss, last(3), order)[1] for order in (False, True))
    assert error(first, second) > 0.01


@pytest.mark.parametrize("adapted", ["all", "head"])
@pytest.mark.parametrize("rates", ["fixed", "per_parameter", "per_layer_and_step"])
@pytest.mark.parametrize("weights", [last(3), [0, 0.2, 0.3, 0.5], [0.1, 0, 0, 0.9]], ids=str)
def test_fast_gives_the_gradient_of_the_unrolled_loop_for_every_variant(learner, sets, adapted, rates, weights):
    one, loss = learner(adapted=adapted, inner_rates=rates)
    arguments = (one, *sets(torch.float64), loss, weights)
    (value, ours), (reference, theirs) = fast(*arguments, True), unrolled(*arguments)
    torch.testing.assert_close(value, reference)
    for mine, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine, other, rtol=1e-7, atol=1e-12)


def test_rates_per_parameter_are_those_of_learn2learns_meta_sgd(learner, sets):
    from learn2learn.algorithms import MetaSGD

    one, loss = learner(inner_rates="per_parameter")
    (x, labels), (exposure, truth) = sets(torch.float64)
    lrs = [rate.detach()[0].clone().requires_grad_() for rate in one.learned_rates]
    clone = MetaSGD(one.network, lrs=nn.ParameterList(lrs)).clone()
    for _ in range(2):
        clone.adapt(loss(clone(x), labels))
    theirs = torch.autograd.grad(loss(clone(exposure), truth), [*one.network.parameters(), *clone.lrs])
    ours = fast(one, (x, labels), (exposure, truth), loss, last(2), True)[1]
    assert error(ours, theirs) <= 1e-9


class Line(nn.Module):
    """y = w x."""

    def __init__(self, w: float):
        super().__init__()
        self.w = nn.Parameter(torch.tensor(w, dtype=torch.float64))

    def forward(self, x):
        return self.w * x


def squared(prediction, label):
    return (prediction - label).square().sum()


@pytest.mark.parametrize("steps", [0, 1, 3])
@pytest.mark.parametrize("second_order", [True, False])
@pytest.mark.parametrize("engine", [fast, learn2learn])
def test_the_meta_gradient_of_a_line_is_the_one_worked_out_by_hand(engine, steps, second_order):
    w, lr, x, y, query_x, query_y = 2.0, 0.05, 1.5, 1.0, 0.5, 3.0
    one = Learner(Meta(filters=1, inner_lr=lr))
    one.network, one.adapted = Line(w), ["w"]

    def pair(*values):
        return tuple(torch.tensor(value, dtype=torch.float64).view(1, 1, 1, 1) for value in values)

    value, (gradient,) = engine(one, pair(x, y), pair(query_x, query_y), squared, last(steps), second_order)

    # One step: w' = w - 2 lr x (w x - y), so dw'/dw = 1 - 2 lr x^2, which first order leaves out.
    adapted, chain = w, 1.0
    for _ in range(steps):
        adapted -= 2 * lr * x * (adapted * x - y)
        chain *= 1 - 2 * lr * x**2 if second_order else 1.0
    assert value.item() == pytest.approx((adapted * query_x - query_y) ** 2)
    assert gradient.item() == pytest.approx(2 * query_x * (adapted * query_x - query_y) * chain)


@pytest.mark.parametrize("values", [*NETWORKS, {"loss": "haarpsi_mse"}], ids=str)
def test_the_meta_gradient_agrees_with_finite_differences(learner, values):
    one, loss = learner(**{"filters": 1, "inner_lr": 0.1} | values)
    torch.manual_seed(1)
    x, labels = torch.rand(2, 2, 3, 32, 32, dtype=torch.float64)
    exposure, truth = torch.rand(2, 1, 3, 32, 32, dtype=torch.float64)

    def run():
        return fast(one, (x, labels), (exposure, truth), loss, last(2), True)

    parameters = one.meta_parameters()
    direction = [torch.randn_like(parameter) for parameter in parameters]
    gradient = (flat(run()[1]) @ flat(direction)).item()

    def moved(distance):
        with torch.no_grad():
            for parameter, d in zip(parameters, direction, strict=True):
                parameter += distance * d
        return run()[0].item()

    step = 1e-8  # small, because ReLUs that switch within it make the inner gradients jump
    assert gradient == pytest.approx((moved(step) - moved(-2 * step)) / (2 * step), rel=1e-4)
