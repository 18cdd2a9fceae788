"""Meta-training: the outer loop over scenes, resumable at any moment, alone or shared by several processes."""

import json
import logging
import math
import time
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from metahdr.config.meta import Meta
from metahdr.errors import UserError
from metahdr.labels.support import support_labels
from metahdr.losses.make import make_loss
from metahdr.meta.engines import Pair
from metahdr.meta.learner import Learner, predict, query, support
from metahdr.meta.outer import task_gradient
from metahdr.metrics.fidelity import psnr, ssim
from metahdr.scenes import Scene, Scenes
from metahdr.seeds import named_rng
from metahdr.training import checkpoint, processes
from metahdr.training.board import open_board
from metahdr.training.interrupts import Interrupted, deferred, interrupted
from metahdr.training.prefetch import prefetched
from metahdr.training.progress import track

log = logging.getLogger(__name__)

# Settings that change no result: an interrupted training goes on when they are changed.
WITHOUT_EFFECT = {"runs", "save_every", "on_nonfinite", "tensorboard"}


class Trainer:
    """Meta-parameters, optimiser, random state, history: all that training is at one moment.

    Under torchrun the processes share the tasks of a meta-iteration and of a validation. They exchange what each
    task gave and add it up in the same order, so that any number of processes trains to the same bits.

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
        self.evs = training[0].evs  # the same in every scene
        self.identity = f"{identity} {source} {settings.model_dump_json(exclude=WITHOUT_EFFECT)} {seed}"
        self.device = processes.device()
        torch.manual_seed(seed)
        self.learner = Learner(settings).to(self.device)
        self.parameters = self.learner.meta_parameters()
        self.optimiser = torch.optim.Adam(self.parameters, lr=settings.outer_lr)
        self.loss = make_loss(settings.loss, **settings.loss_options)
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
        if self.settings.tensorboard and processes.rank() == 0:
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
        """One meta-iteration. Returns the mean query loss.

        Tasks whose loss or gradient is not finite are in neither mean; without any other, nothing changes.
        """
        drawn = self._draw()
        # One row a task: its loss and its gradient.
        rows = torch.zeros(len(drawn), 1 + sum(p.numel() for p in self.parameters), device=self.device)
        mine = processes.shard(range(len(drawn)))
        for number, (shown, asked) in zip(mine, prefetched(self._task, [drawn[i] for i in mine]), strict=True):
            if interrupted():
                break
            value, gradients = task_gradient(self.learner, shown, asked, self.loss, self.settings, self.iteration)
            rows[number] = torch.cat([value.view(1), *(gradient.flatten() for gradient in gradients)])
        self._end_if_interrupted()
        processes.all_reduce(rows)
        good = finite(rows)
        for number in torch.nonzero(~good).flatten().tolist():
            self._report(number, *drawn[number], rows[number, 0].item())
        self.skipped = int((~good).sum())
        if self.skipped == len(drawn):
            return math.nan
        loss, gradient = rows[good].mean(0).split([1, rows.shape[1] - 1])
        for parameter, part in zip(
            self.parameters, gradient.split([p.numel() for p in self.parameters]), strict=True
        ):
            parameter.grad = part.view_as(parameter)
        self.optimiser.step()
        return loss.item()

    def _report(self, number: int, index: int, held_out: int, loss: float) -> None:
        """Names a task that is not finite, and stops if `on_nonfinite` says so."""
        scene = self.training[index].name
        problem = (
            f"meta-iteration {self.iteration + 1}, task {number + 1} of {self.settings.tasks} "
            f"(scene {scene}, EV {self.evs[held_out]:+g} held out): loss {loss:.3g}, "
            "and it or its gradient is not finite"
        )
        if self.settings.on_nonfinite == "stop":
            raise UserError(
                f"{problem}; try a smaller meta.inner_lr ({self.settings.inner_lr:g}) or meta.outer_lr "
                f"({self.settings.outer_lr:g}), or leave such tasks out with meta.on_nonfinite: skip"
            )
        log.warning("%s; the task is left out", problem)

    def validate(self) -> dict[str, float]:
        """Means over all validation scenes and held-out exposures, before and after adaptation."""
        names = [f"{name}_{mode}" for mode in ("single", "adapted") for name in ("loss", "ssim", "psnr")]
        scores = torch.zeros(
            len(self.validation), len(self.evs), len(names), dtype=torch.float64, device=self.device
        )
        for index in processes.shard(range(len(self.validation))):
            if interrupted():
                break
            scene = self._move(self.validation[index])
            for held_out in range(len(self.evs)):
                labels = support_labels(self.validation, scene, held_out, self.source)
                truth = query(scene, held_out)[1]
                for mode, steps in enumerate((0, self.settings.inner_steps)):
                    prediction = predict(self.learner, scene, held_out, labels, self.loss, steps)[None]
                    values = [metric(prediction, truth).item() for metric in (self.loss, ssim, psnr)]
                    scores[index, held_out, 3 * mode : 3 * mode + 3] = torch.tensor(values)
        self._end_if_interrupted()
        processes.all_reduce(scores)
        return dict(zip(names, scores.mean((0, 1)).tolist(), strict=True))

    def checkpoint(self) -> dict:
        """What `best.pt` and `last.pt` hold; meta-parameters, never adapted ones."""
        return {
            "parameters": {k: v.detach().clone() for k, v in self.learner.state_dict().items()},
            "optimiser": _copied(self.optimiser.state_dict()),
            "random_state": json.dumps(self.rng.bit_generator.state),
            "iteration": self.iteration,
            "settings": self.settings.model_dump_json(),
        }

    def save(self) -> None:
        """Saves the state after the last whole meta-iteration."""
        values = {"identity": self.identity, "history": self.history, "best": self.best, "last": self.last}
        if processes.rank() == 0:
            checkpoint.save_state(self.state, values)

    def _resume(self) -> None:
        values = processes.first(lambda: checkpoint.load_state(self.state, self.identity))
        if values is None:
            return
        self.last = last = values["last"]
        self.learner.load_state_dict(last["parameters"])
        self.optimiser.load_state_dict(last["optimiser"])
        self.rng.bit_generator.state = json.loads(last["random_state"])
        self.iteration, self.history, self.best = last["iteration"], values["history"], values["best"]
        log.info("resumed from %s at iteration %d", self.state, self.iteration)

    def _draw(self) -> list[tuple[int, int]]:
        """Training scenes and held-out exposures of the next meta-iteration, by their numbers."""
        few = len(self.training) < self.settings.tasks
        scenes = self.rng.choice(len(self.training), self.settings.tasks, replace=few)
        return [(int(index), int(self.rng.integers(len(self.evs)))) for index in scenes]

    def _task(self, drawn: tuple[int, int]) -> tuple[Pair, Pair]:
        """Support and query set of a drawn task, on the device."""
        index, held_out = drawn
        scene = self._move(self.training[index])
        labels = support_labels(self.training, scene, held_out, self.source)
        return support(scene, held_out, labels), query(scene, held_out)

    def _move(self, scene: Scene) -> Scene:
        ldr, hdr = (processes.move(image, self.device) for image in (scene.ldr, scene.hdr))
        return replace(scene, ldr=ldr, hdr=hdr)

    def _end_if_interrupted(self) -> None:
        """All processes end together, because each waits for what the others computed."""
        flag = torch.tensor([float(interrupted())], device=self.device)
        processes.all_reduce(flag)
        if flag.item():
            raise Interrupted


def finite(rows: Tensor) -> Tensor:
    """Which rows of a table have finite numbers alone, `(N, K)` to `(N,)`."""
    return torch.isfinite(rows.sum(1))  # a sum with one other term is not finite either


def _copied(value: object) -> object:
    """A deep copy; tensors are not shared with the optimiser that goes on changing them."""
    if isinstance(value, torch.Tensor):
        return value.detach().clone()
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_copied(item) for item in value]
    return value
