"""Training of SingleHDR."""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from metahdr.losses.perceptual import Perceptual
from metahdr.losses.total_variation import total_variation
from metahdr.methods.single_hdr.pairs import Example, Examples
from metahdr.methods.single_hdr.pipeline import Pipeline
from metahdr.methods.single_hdr.responses import response_model
from metahdr.nets.hdrcnn import EPSILON
from metahdr.nets.response import apply_response
from metahdr.training.inputs import TrainingInputs
from metahdr.training.network import cosine
from metahdr.training.raw import RawTraining

STAGES = ("dequantise", "linearise", "hallucinate", "joint", "refine")
JOINT_RATE = 0.1  # share of the learning rate in the joint stage, as in the authors' code
WEIGHTS = {  # of the terms in the loss (Liu et al. 2020; equation 24 of the survey)
    "dequantised": 1.0,
    "linear": 10.0,
    "response": 1.0,
    "light": 1.0,
    "perceptual": 0.001,
    "variation": 0.1,
}


class SingleHDRTrainer(RawTraining):
    """The four networks and their optimiser.

    The first three networks are trained one by one: the input of each is true, as if the network before it made no
    error. Then the three are trained in a row, and at last the fourth on what the three give. Adam leaves a
    parameter without a gradient as it is, so that one optimiser does for all stages.

    Raises:
        UserError: a file is missing.
    """

    views = Examples

    def __init__(self, inputs: TrainingInputs):
        super().__init__(inputs, "single_hdr", inputs.settings.steps)
        responses = response_model(self.pretrained.get("inverse_emor"))
        self.network = Pipeline(*responses, self.settings.width).to(self.device)
        vgg16 = self.pretrained.get("vgg16")
        self.perceptual = Perceptual(vgg16, "training.single_hdr.vgg16").to(self.device) if vgg16 else None
        self.optimiser = torch.optim.Adam(self.network.parameters(), lr=self.settings.learning_rate)
        self.resume()

    def stage(self) -> tuple[str, float]:
        """The stage of the next step, and what share of the stage is done."""
        done = self.step
        for stage in STAGES:
            steps = getattr(self.settings, f"{stage}_steps")
            if done < steps:
                break
            done -= steps
        return stage, done / steps

    def train_step(self, batch: Example) -> dict:
        stage, progress = self.stage()
        rate = self.settings.learning_rate * (JOINT_RATE if stage == "joint" else 1)
        if self.settings.decay:
            rate *= cosine(progress)
        self.set_rate(rate)
        self.network.train(stage != "refine")  # which has no batch normalisation, and the three stay as they are
        terms = self.terms(stage, Example(*(part.to(self.device) for part in batch)))
        loss = sum(WEIGHTS[name] * term for name, term in terms.items())
        return {"step": self.step + 1, "stage": stage} | self.minimise(loss, terms)

    def terms(self, stage: str, example: Example) -> dict[str, Tensor]:
        """The terms of the loss that a stage has, without their weights."""
        ldr, encoded, light, table = example
        if stage == "dequantise":
            return {"dequantised": F.mse_loss(self.network.dequantised(ldr), encoded)}
        if stage == "linearise":
            response = self.network.linearise(encoded)
            return _linear_terms(response, apply_response(encoded, response), light, table)
        if stage == "hallucinate":
            return self._light_terms(self.network.hallucinated(light.clamp(max=1)), light)
        if stage == "joint":
            dequantised, response, linear, hallucinated = self.network.reverse(ldr)
            terms = {"dequantised": F.mse_loss(dequantised, encoded)}
            terms |= _linear_terms(response, linear, light, table)
            return terms | self._light_terms(hallucinated, light)
        with torch.no_grad():
            dequantised, _, linear, hallucinated = self.network.reverse(ldr)
        return {"light": _log_error(self.network.refine(hallucinated, linear, dequantised), light)}

    def _light_terms(self, found: Tensor, light: Tensor) -> dict[str, Tensor]:
        terms = {"light": _log_error(found, light)}
        if self.perceptual:
            terms["perceptual"] = self.perceptual(_compressed(found), _compressed(light))
        return terms | {"variation": total_variation(_compressed(found))}


def _linear_terms(response: Tensor, linear: Tensor, light: Tensor, table: Tensor) -> dict[str, Tensor]:
    return {"linear": F.mse_loss(linear, light.clamp(max=1)), "response": F.mse_loss(response, table)}


def _log_error(found: Tensor, light: Tensor) -> Tensor:
    """Mean squared error of log(light + 1/255), the logarithm with which the authors test."""
    return F.mse_loss((found + EPSILON).log(), (light + EPSILON).log())


def _compressed(light: Tensor) -> Tensor:
    """log(1 + 10 light) / log(11), of which the authors take the perceptual loss and the total variation."""
    return torch.log1p(10 * light) / math.log1p(10)
