"""Meta-training: the outer loop of MAML (Finn et al. 2017, algorithm 1) over scenes, resumable at any moment."""

import json
import logging
import math
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils import get_total_norm

from metahdr import checkpoint
from metahdr.config import Meta
from metahdr.errors import UserError
from metahdr.interrupts import Interrupted, deferred, interrupted
from metahdr.meta.board import open_board
from metahdr.meta.learner import adapt, make_learner, make_loss, predict, query, support
from metahdr.metrics.fidelity import psnr, ssim
from metahdr.progress import track
from metahdr.scenes import Scenes, Task, read_labels
from metahdr.seeds import named_rng

log = logging.getLogger(__name__)

# Settings that change no result: an interrupted training goes on when they are changed.
WITHOUT_EFFECT = {"runs", "save_every", "on_nonfinite", "tensorboard"}


class Trainer:
    """Meta-parameters, optimiser, random state, history: all that training is at one moment.

    Args:
        training, validation: scenes.
        labels: folder of the simulated labels of the support set; None takes the true HDR images.
        settings, seed: the configuration's.
        state: file of the resumable state.
        identity: names the inputs; a state with another identity is not resumed.

    Raises:
        UserError: there is no scene to train on or to validate with.
    """

    def __init__(
        self,
        training: Scenes,
        validation: Scenes,
        labels: Path | None,
        settings: Meta,
        seed: int,
        state: Path,
        identity: str,
    ):
        for scenes, name in ((training, "training"), (validation, "validation")):
            if not len(scenes):
                raise UserError(
                    f"no {name} scenes: see split.shares, and the reasons in scenes.csv and exposures/"
                )
        self.training, self.validation, self.labels = training, validation, labels
        self.settings, self.state = settings, state
        self.identity = f"{identity} {settings.model_dump_json(exclude=WITHOUT_EFFECT)} {seed}"
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        torch.manual_seed(seed)
        self.learner = make_learner(settings).to(self.device)
        self.optimiser = torch.optim.Adam(self.learner.parameters(), lr=settings.outer_lr)
        self.loss = make_loss(settings)
        self.rng = named_rng(seed, "meta-train")  # the same tasks for every label source
        self.iteration = 0
        self.history: list[dict] = []
        self.best: dict | None = None
        self.skipped = 0  # tasks of the last meta-iteration, left out because they were not finite
        self.last = self.checkpoint()
        self._resume()

    def run(self) -> None:
        """Trains to the last iteration; saves the state on the way and at the end.

        SIGINT and SIGTERM end it after the task at hand, with the state of the last whole iteration saved.

        Raises:
            UserError: a loss or gradient is not finite and `on_nonfinite` is stop; the state cannot be saved.
        """
        remaining = range(self.iteration, self.settings.iterations)
        add_to_board = None
        if self.settings.tensorboard:
            add_to_board = open_board(self.state.with_name("tensorboard"), self.history)
        figures: dict[str, float] = {}
        with deferred():
            for _ in track(remaining, "meta-train", self.settings.iterations, self.iteration, figures=figures):
                start = time.monotonic()
                try:
                    row = self._iterate()
                except Interrupted:
                    self.save()
                    log.info("interrupted: %s goes on at iteration %d", self.state, self.last["iteration"] + 1)
                    break
                figures |= {
                    name: row[name] for name in ("meta_loss", "ssim_single", "ssim_adapted") if name in row
                }
                figures["tasks/s"] = self.settings.tasks / (time.monotonic() - start)
                if add_to_board:
                    add_to_board(row)
                last = self.iteration == self.settings.iterations
                if last or self.iteration % self.settings.save_every == 0:
                    self.save()

    def _iterate(self) -> dict:
        """One meta-iteration and what belongs to it; its row of the history."""
        row = {"iteration": self.iteration + 1, "meta_loss": self.step(), "skipped": self.skipped}
        self.iteration += 1
        last = self.iteration == self.settings.iterations
        if last or self.iteration % self.settings.validate_every == 0:
            row |= self.validate()
            log.info("%s", "  ".join(f"{k} {v:.5g}" for k, v in row.items()))
            best = self.best["validation"]["ssim_adapted"] if self.best else math.nan
            if math.isnan(best) or row["ssim_adapted"] > best:
                self.best = self.checkpoint() | {"validation": row}
        self.history.append(row)
        self.last = self.checkpoint()
        return row

    def step(self) -> float:
        """One meta-iteration; the gradients of one task at a time. Returns the mean query loss.

        Tasks whose loss or gradient is not finite are in neither mean; without any other, nothing changes.
        """
        parameters = list(self.learner.parameters())
        self.optimiser.zero_grad()
        total, self.skipped = 0.0, 0
        for number, (task, held_out) in enumerate(self._draw(), 1):
            x, labels = support(task, held_out, self._labels(task))
            clone = adapt(self.learner, x, labels, self.loss, self.settings.inner_steps)
            exposure, truth = query(task, held_out)
            loss = self.loss(clone(exposure), truth) / self.settings.tasks
            gradients = torch.autograd.grad(loss, parameters)
            if not finite(loss, gradients):
                self._skip(number, task, held_out, loss * self.settings.tasks)
                continue
            for parameter, gradient in zip(parameters, gradients, strict=True):
                parameter.grad = gradient if parameter.grad is None else parameter.grad.add_(gradient)
            total += loss.item()
        if self.skipped == self.settings.tasks:
            return math.nan
        share = self.settings.tasks / (self.settings.tasks - self.skipped)
        if self.skipped:
            for parameter in parameters:
                parameter.grad *= share
        self.optimiser.step()
        return total * share

    def _skip(self, number: int, task: Task, held_out: int, loss: Tensor) -> None:
        """Leaves a task out of the meta-iteration, or stops, as `on_nonfinite` says."""
        problem = (
            f"meta-iteration {self.iteration + 1}, task {number} of {self.settings.tasks} (scene {task.scene}, "
            f"EV {task.evs[held_out]:+g} held out): loss {loss.item():.3g}, and it or its gradient is not finite"
        )
        if self.settings.on_nonfinite == "stop":
            raise UserError(
                f"{problem}; try a smaller meta.inner_lr ({self.settings.inner_lr:g}) or meta.outer_lr "
                f"({self.settings.outer_lr:g}), or leave such tasks out with meta.on_nonfinite: skip"
            )
        log.warning("%s; the task is left out", problem)
        self.skipped += 1

    def validate(self) -> dict[str, float]:
        """Means over all validation scenes and held-out exposures, before and after adaptation."""
        scores: dict[str, list[float]] = {}
        for index in range(len(self.validation)):
            if interrupted():
                raise Interrupted
            task = self._move(self.validation[index])
            labels = self._labels(task)
            for held_out in range(len(task.evs)):
                truth = query(task, held_out)[1]
                for mode, steps in (("single", 0), ("adapted", self.settings.inner_steps)):
                    prediction = predict(self.learner, task, held_out, labels, self.loss, steps)[None]
                    for name, metric in (("loss", self.loss), ("ssim", ssim), ("psnr", psnr)):
                        scores.setdefault(f"{name}_{mode}", []).append(metric(prediction, truth).item())
        return {name: float(np.mean(values)) for name, values in scores.items()}

    def checkpoint(self) -> dict:
        """What `best.pt` and `last.pt` hold; meta-parameters, never an adapted clone's."""
        return {
            "parameters": {k: v.detach().clone() for k, v in self.learner.module.state_dict().items()},
            "optimiser": _copied(self.optimiser.state_dict()),
            "random_state": json.dumps(self.rng.bit_generator.state),
            "iteration": self.iteration,
            "settings": self.settings.model_dump_json(),
        }

    def save(self) -> None:
        """Saves the state after the last whole meta-iteration."""
        values = {"identity": self.identity, "history": self.history, "best": self.best, "last": self.last}
        checkpoint.save_state(self.state, values)

    def _resume(self) -> None:
        values = checkpoint.load_state(self.state, self.identity)
        if values is None:
            return
        self.last = last = values["last"]
        self.learner.module.load_state_dict(last["parameters"])
        self.optimiser.load_state_dict(last["optimiser"])
        self.rng.bit_generator.state = json.loads(last["random_state"])
        self.iteration, self.history, self.best = last["iteration"], values["history"], values["best"]
        log.info("resumed from %s at iteration %d", self.state, self.iteration)

    def _draw(self) -> Iterator[tuple[Task, int]]:
        few = len(self.training) < self.settings.tasks
        for index in self.rng.choice(len(self.training), self.settings.tasks, replace=few):
            if interrupted():
                raise Interrupted
            task = self.training[int(index)]
            yield self._move(task), int(self.rng.integers(len(task.evs)))

    def _labels(self, task: Task) -> Tensor | None:
        return None if self.labels is None else read_labels(self.labels, task).to(self.device)

    def _move(self, task: Task) -> Task:
        return Task(task.scene, task.source, task.evs, task.ldr.to(self.device), task.hdr.to(self.device))


def finite(loss: Tensor, gradients: Sequence[Tensor]) -> bool:
    """Whether the loss and every element of the gradients are numbers to train on."""
    return bool(torch.isfinite(loss) & torch.isfinite(get_total_norm(gradients)))


def _copied(value: object) -> object:
    """A deep copy; tensors are not shared with the optimiser that goes on changing them."""
    if isinstance(value, torch.Tensor):
        return value.detach().clone()
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_copied(item) for item in value]
    return value
