"""Training of the networks that make a stack of exposures out of one."""

import logging
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from metahdr.brackets.synthesis import synthesise
from metahdr.losses.contextual import ContextualBilateral
from metahdr.losses.stack import COUNTS, canny_edges, histogram_loss, mu_law_distance
from metahdr.methods.stack.pairs import RandomStacks
from metahdr.methods.stack.response import scaled_response
from metahdr.nets.exposure_transfer import ExposureTransfer, both_directions
from metahdr.training.centralised import centralise
from metahdr.training.inputs import TrainingInputs
from metahdr.training.raw import RawTraining

log = logging.getLogger(__name__)

# The terms of the loss of each part, with their weights in equations 4, 5 and 6.
TERMS = {
    "tone": {"tone": 1.0, "histogram": 0.1},
    "edges": {"edges": 1.0},
    "refine": {"image": 1.0, "hdr": 1.0, "context": 0.1},
}


class StackTrainer(RawTraining):
    """Both networks and their optimiser.

    The first half of the steps trains the network that makes brighter exposures, the second half the other one.
    A step begins with the middle exposure and takes all recursions. Each part of a network (`TERMS`) learns from
    its own loss alone, whose gradient goes back through all recursions.

    Raises:
        UserError: a file is missing.
    """

    views = RandomStacks

    def __init__(self, inputs: TrainingInputs):
        settings, self.context = inputs.settings, None
        if settings.vgg19:
            self.context = ContextualBilateral(Path(settings.vgg19), "training.stack.vgg19")
        else:
            log.warning(
                "no contextual bilateral loss: training.stack.vgg19 names no file of VGG-19's weights, "
                "such as torchvision's vgg19-dcbb9e9d.pth"
            )
        super().__init__(inputs, "stack", 2 * settings.steps)
        self.network = both_directions(settings.width).to(self.device).train()
        if self.context:
            self.context.to(self.device)
        self.optimiser = torch.optim.Adam(self.network.parameters(), settings.learning_rate, betas=(0.5, 0.999))
        self.resume()

    def train_step(self, batch: tuple[Tensor, Tensor]) -> dict:
        stack, light = (part.to(self.device) for part in batch)
        middle = self.settings.recursions
        if self.step < self.settings.steps:
            direction, sign, truth = "up", 1, stack[:, middle:] / 255
        else:
            direction, sign, truth = "down", -1, stack[:, : middle + 1].flip(1) / 255
        evs = [sign * self.settings.stops * number for number in range(middle + 1)]
        network = self.network[direction]
        terms = self.terms(network, truth, evs, light)
        losses = {
            part: sum(weight * terms[term] for term, weight in weights.items() if term in terms)
            for part, weights in TERMS.items()
        }

        def backward(_: Tensor) -> None:
            for part, loss in losses.items():
                loss.backward(inputs=list(getattr(network, part).parameters()), retain_graph=True)
            centralise(network.parameters())

        row = {"step": self.step + 1, "direction": direction}
        return row | self.minimise(sum(losses.values()), terms, backward)

    def terms(
        self, network: ExposureTransfer, truth: Tensor, evs: list[float], light: Tensor
    ) -> dict[str, Tensor]:
        """The terms of equations 4, 5 and 7, by the names in `TERMS`.

        The histograms are shares of the pixels, and their differences are added over the values, so that the term
        does not depend on the image's size. At the published 256x256 it is that of the published code, which
        divides counts by 255.

        The HDR image is that of the input and of what the network made of it, beside the true light.

        Args:
            truth: the input, then the exposures that the network should make, in [0, 1], `(N, E, 3, H, W)`.
            evs: their stops relative to the input.
            light: 1.0 is where the input clips, `(N, 3, H, W)`.
        """
        images, tones, edges, state = [truth[:, 0]], [], [], None
        for _ in evs[1:]:
            image, tone, edge, state = network(images[-1], state)
            images.append(image)
            tones.append(tone)
            edges.append(edge)
        made, tones, edges = (torch.cat(parts) for parts in (images[1:], tones, edges))
        labels = truth[:, 1:].transpose(0, 1).flatten(0, 1)
        pixels = labels.shape[-2] * labels.shape[-1]
        stack = torch.stack(images, 1)
        g = scaled_response(truth if self.settings.response == "truth" else stack, evs)
        brightest = 2.0 ** -min(evs)  # the most light that these exposures show
        terms = {
            "tone": F.l1_loss(tones, labels),
            "histogram": COUNTS / pixels * histogram_loss(tones, labels),
            "edges": F.l1_loss(edges, canny_edges(labels)),
            "image": F.l1_loss(made, labels),
            "hdr": mu_law_distance(synthesise(stack, evs, g), light.clamp(max=brightest)),
        }
        return terms | ({"context": self.context(made, labels)} if self.context else {})
