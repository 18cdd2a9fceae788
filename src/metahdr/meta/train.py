"""Meta-training: the outer loop of MAML (Finn et al. 2017, algorithm 1) over scenes, resumable at any moment."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from metahdr import checkpoint
from metahdr.config import Meta
from metahdr.errors import UserError
from metahdr.labels.support import support_labels
from metahdr.losses import make_loss
from metahdr.meta.learner import adapt, make_learner, predict, query, support
from metahdr.metrics.fidelity import psnr, ssim
from metahdr.progress import track
from metahdr.scenes import Scenes, Task
from metahdr.seeds import named_rng

log = logging.getLogger(__name__)


class Trainer:
    """Meta-parameters, optimiser, random state, history: all that training is at one moment.

    Args:
        training, validation: scenes.
        source: of the support sets' labels, see `meta.runs`.
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
        source: str,
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
        self.training, self.validation, self.source = training, validation, source
        self.settings, self.state = settings, state
        self.identity = f"{identity} {source} {settings.model_dump_json()} {seed}"
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        torch.manual_seed(seed)
        self.learner = make_learner(settings).to(self.device)
        self.optimiser = torch.optim.Adam(self.learner.parameters(), lr=settings.outer_lr)
        self.loss = make_loss(settings)
        self.rng = named_rng(seed, "meta-train")  # the same tasks for every label source
        self.iteration = 0
        self.history: list[dict] = []
        self.best: dict | None = None
        self._resume()

    def run(self) -> None:
        """Trains to the last iteration; saves the state on the way and at the end."""
        remaining = range(self.iteration, self.settings.iterations)
        for iteration in track(remaining, "meta-train", self.settings.iterations, self.iteration):
            row = {"iteration": iteration + 1, "meta_loss": self.step()}
            self.iteration = iteration + 1
            last = self.iteration == self.settings.iterations
            if last or self.iteration % self.settings.validate_every == 0:
                row |= self.validate()
                log.info("%s", "  ".join(f"{k} {v:.5g}" for k, v in row.items()))
                if self.best is None or row["ssim_adapted"] > self.best["validation"]["ssim_adapted"]:
                    self.best = self.checkpoint() | {"validation": row}
            self.history.append(row)
            if last or self.iteration % self.settings.save_every == 0:
                self.save()

    def step(self) -> float:
        """One meta-iteration; the gradients of one task at a time. Returns the mean query loss."""
        self.optimiser.zero_grad()
        total = 0.0
        for task, held_out in self._draw():
            x, labels = support(task, held_out, support_labels(self.training, task, held_out, self.source))
            clone = adapt(self.learner, x, labels, self.loss, self.settings.inner_steps)
            exposure, truth = query(task, held_out)
            loss = self.loss(clone(exposure), truth) / self.settings.tasks
            loss.backward()
            total += loss.item()
        self.optimiser.step()
        return total

    def validate(self) -> dict[str, float]:
        """Means over all validation scenes and held-out exposures, before and after adaptation."""
        scores: dict[str, list[float]] = {}
        for index in range(len(self.validation)):
            task = self._move(self.validation[index])
            for held_out in range(len(task.evs)):
                labels = support_labels(self.validation, task, held_out, self.source)
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
        values = {"identity": self.identity, "history": self.history, "best": self.best, "last": self.checkpoint()}
        checkpoint.save(self.state, values)

    def _resume(self) -> None:
        values = checkpoint.load_state(self.state, self.identity)
        if values is None:
            return
        last = values["last"]
        self.learner.module.load_state_dict(last["parameters"])
        self.optimiser.load_state_dict(last["optimiser"])
        self.rng.bit_generator.state = json.loads(last["random_state"])
        self.iteration, self.history, self.best = last["iteration"], values["history"], values["best"]
        log.info("resumed from %s at iteration %d", self.state, self.iteration)

    def _draw(self) -> Iterator[tuple[Task, int]]:
        few = len(self.training) < self.settings.tasks
        for index in self.rng.choice(len(self.training), self.settings.tasks, replace=few):
            task = self.training[int(index)]
            yield self._move(task), int(self.rng.integers(len(task.evs)))

    def _move(self, task: Task) -> Task:
        return Task(task.scene, task.source, task.evs, task.ldr.to(self.device), task.hdr.to(self.device))


def _copied(value: object) -> object:
    """A deep copy; tensors are not shared with the optimiser that goes on changing them."""
    if isinstance(value, torch.Tensor):
        return value.detach().clone()
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_copied(item) for item in value]
    return value
