"""The meta-learned parameters, and the inner loop that adapts them to a scene."""

import torch
from torch import Tensor, nn
from torch.func import functional_call

from metahdr.config.meta import Meta
from metahdr.losses.make import Loss
from metahdr.meta.networks import make_network
from metahdr.metrics.protocols import PAPER
from metahdr.scenes.scene import Scene

Parameters = dict[str, Tensor]
Rates = dict[str, float | Tensor]  # of the adapted parameters; a tensor holds one rate per step, or one for all


class Learner(nn.Module):
    """The meta-parameters: a network's, and the inner loop's learning rates where these are learned.

    A rate per parameter is Meta-SGD (Li et al. 2017). A rate per layer and step is MAML++ (Antoniou et al. 2019,
    section 4); a layer is one weight or one bias here. Adapting the head alone is ANIL (Raghu et al. 2020).

    Args:
        settings: the network, its sizes, what adapts, and the inner loop's rates.
        parameters: of a checkpoint; None draws the network's and begins with the configured rates.
    """

    def __init__(self, settings: Meta, parameters: Parameters | None = None):
        super().__init__()
        inside = "network."
        network = {k.removeprefix(inside): v for k, v in (parameters or {}).items() if k.startswith(inside)}
        self.network = make_network(
            settings.network, settings.filters, settings.norm, PAPER.head, settings.encoder, network or None
        )
        self.inner_lr = settings.inner_lr
        trained = self.parameters_of_network()
        self.adapted = [name for name in trained if settings.adapted == "all" or name.startswith("head.")]
        shapes = {
            "fixed": [],
            "per_parameter": [(1, *trained[name].shape) for name in self.adapted],
            "per_layer_and_step": [(settings.inner_steps,) for _ in self.adapted],
        }
        rates = settings.inner_rates if settings.algorithm == "maml" else "fixed"  # the others have no gradient
        self.learned_rates = nn.ParameterList(torch.full(shape, settings.inner_lr) for shape in shapes[rates])
        if parameters is not None:
            self.load_state_dict(parameters)

    def parameters_of_network(self) -> Parameters:
        """The network's trainable parameters by name, without those of a frozen encoder."""
        return {name: value for name, value in self.network.named_parameters() if value.requires_grad}

    def rates(self) -> Rates:
        """The inner learning rate of every parameter that adapts."""
        rates = list(self.learned_rates) or [self.inner_lr] * len(self.adapted)
        return dict(zip(self.adapted, rates, strict=True))

    def meta_parameters(self) -> list[Tensor]:
        """The network's trainable parameters, then the learned rates: the order of an engine's gradients."""
        return [*self.parameters_of_network().values(), *self.learned_rates]


@torch.enable_grad()
def adapt(
    network: nn.Module, parameters: Parameters, rates: Rates, x: Tensor, labels: Tensor, loss: Loss, steps: int
) -> Parameters:
    """The parameters after gradient steps on the support set; network and arguments do not change.

    Args:
        network: called with the parameters in place of its own.
        parameters: as `Learner.parameters_of_network` names them; they require gradients.
        rates: as `Learner.rates` gives them; parameters without a rate stay as they are.
        x: support exposures in [0, 1], `(S, 3, H, W)`.
        labels: their HDR labels, clipped to the protocol's range, of the same shape.
        loss: of a prediction and its label.
        steps: number of gradient steps; 0 leaves the parameters as they are (single-shot).
    """
    for step in range(steps):
        value = loss(functional_call(network, parameters, x), labels)
        gradients = torch.autograd.grad(value, [parameters[name] for name in rates])
        parameters = leaves(sgd_step(parameters, rates, gradients, step))
    return parameters


def sgd_step(parameters: Parameters, rates: Rates, gradients: tuple[Tensor, ...], step: int) -> Parameters:
    """The parameters after one gradient step.

    Args:
        gradients: of the parameters that have a rate, in the order of the rates.
        step: its number, for rates that differ by step.
    """
    moved = {
        n: parameters[n] - rate_at(rates[n], step) * gradient for n, gradient in zip(rates, gradients, strict=True)
    }
    return parameters | moved


def rate_at(rate: float | Tensor, step: int) -> float | Tensor:
    """The rate of a step; beyond the last rate, the last one."""
    return rate[min(step, len(rate) - 1)] if isinstance(rate, Tensor) else rate


def leaves(parameters: Parameters) -> Parameters:
    """The same values as new leaves of the autograd graph."""
    return {name: value.detach().requires_grad_() for name, value in parameters.items()}


def support(scene: Scene, held_out: int, labels: Tensor) -> tuple[Tensor, Tensor]:
    """The exposures that are not held out, and their labels clipped to the protocol's range.

    Args:
        labels: of those exposures, `(S, 3, H, W)`, from `support_labels`.
    """
    return scene.ldr[scene.others(held_out)], PAPER.target(labels)


def query(scene: Scene, held_out: int) -> tuple[Tensor, Tensor]:
    """The held-out exposure `(1, 3, H, W)` and the HDR truth clipped to the protocol's range."""
    return scene.ldr[held_out : held_out + 1], PAPER.target(scene.hdr[None])


def predict(learner: Learner, scene: Scene, held_out: int, labels: Tensor, loss: Loss, steps: int) -> Tensor:
    """The reconstruction `(3, H, W)` of the held-out exposure after adaptation on the others.

    Args:
        labels: as `support` takes them.
        steps: of adaptation; 0 is single-shot.
    """
    start = leaves(learner.parameters_of_network())
    adapted = adapt(learner.network, start, learner.rates(), *support(scene, held_out, labels), loss, steps)
    with torch.no_grad():
        return functional_call(learner.network, adapted, query(scene, held_out)[0])[0]
