"""Meta-training: the outer loop over scenes, in one process or shared by several."""

import copy
import json
import logging
import math
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from metahdr.config.meta import Meta
from metahdr.errors import UserError
from metahdr.losses.make import make_loss
from metahdr.meta.engines import Pair
from metahdr.meta.learner import Learner, predict, query, support
from metahdr.meta.outer import task_gradient
from metahdr.meta.support import support_labels
from metahdr.metrics.protocols import PAPER
from metahdr.scenes.scene import Scene, Scenes, label_name
from metahdr.seeds import named_rng
from metahdr.training import checkpoint, processes
from metahdr.training.inputs import TrainingInputs
from metahdr.training.loop import TrainingLoop
from metahdr.training.prefetch import prefetched
from metahdr.training.scenes import arrays_of, by_role, hashes_of, scenes_of
from metahdr.workflow.interrupts import Interrupted, interrupted

log = logging.getLogger(__name__)

SELECTS = f"{PAPER.selects.name}_adapted"  # the value of a validation that the best checkpoint is chosen by


def train(inputs: TrainingInputs, model: Path, history: Path) -> None:
    """Meta-trains, and writes the best checkpoint as `model` and the last one as `last.pt` beside it.

    Where both are there already, nothing is trained. Started by torchrun, the processes share the work.

    Args:
        inputs: the first of `settings.label_sources` is the label source of the support sets.
        history: CSV, one row for each meta-iteration.

    Raises:
        UserError: a file is missing; there is no scene to train on or to validate with; a loss is not finite; a
            file cannot be written.
    """
    last = model.with_name("last.pt")
    with processes.process_group():
        trainer = Trainer(inputs)
        if trainer.is_made([model, last], history):
            return
        trainer.run()
    if processes.rank():
        return
    trainer.write_history(history)
    facts = trainer.facts(history)
    checkpoint.save(model, trainer.best, facts)
    checkpoint.save(last, trainer.checkpoint(), facts)
    trainer.finish()


class Drawn(NamedTuple):
    """A task: indices of its training scene and of the held-out exposure, and the corner of its crop in pixels."""

    scene: int
    held_out: int
    top: int = 0
    left: int = 0


class Trainer(TrainingLoop):
    """Meta-parameters, optimiser and random state of a meta-training.

    Processes share the tasks of a meta-iteration and the scenes of a validation. Each of them gets the results of
    all and sums them in the same order, so that any number of processes trains to the same bits.

    Raises:
        UserError: a file is missing, or there is no scene to train on or to validate with.
    """

    method, title = "metahdr", "meta-train"
    step_name = "iteration"

    def __init__(self, inputs: TrainingInputs):
        settings = inputs.settings
        self.label_source = settings.label_sources[0]
        self.training, self.validation = scenes_of(inputs.data), scenes_of(inputs.data, "validation")
        self.trained_on = hashes_of(self.training)
        files = {key: Path(file) for key, file in settings.pretrained.items()}
        for scenes in (self.training, self.validation):
            files |= files_of(scenes, self.label_source)
        super().__init__(inputs, files, settings.iterations, label_source=self.label_source)
        first = self.training[0]
        self.evs, size = first.evs, min(first.hdr.shape[1:])  # the same in every scene
        self.side = min(settings.crop or size, size)  # of the square that a task is cut to
        self.free = size - self.side  # pixels that it can be moved by
        self.learner = Learner(settings).to(self.device)
        self.parameters = self.learner.meta_parameters()
        self.optimiser = torch.optim.Adam(self.parameters, lr=settings.outer_lr)
        self.loss, self.inner_loss = (
            make_loss(name, **settings.loss_options) for name in (settings.loss, settings.inner)
        )
        self.rng = named_rng(inputs.seed, "meta-train")  # the same tasks for every label source
        self.iteration = 0  # meta-iterations done
        self.best: dict | None = None
        self.skipped = 0  # tasks of the last meta-iteration that were left out because they were not finite
        self.last = self.checkpoint()
        self.resume()

    def train_step(self, _batch: int) -> dict:
        """One meta-iteration, and a validation where one is due. An interrupt gives it up."""
        start = time.monotonic()
        row = {"iteration": self.iteration + 1, "meta_loss": self.step(), "skipped": self.skipped}
        self.iteration += 1
        if self.iteration == self.steps or self.iteration % self.settings.validate_every == 0:
            row |= self.validate()
            log.info("%s", "  ".join(f"{k} {v:.5g}" for k, v in row.items()))
            best = self.best["validation"][SELECTS] if self.best else math.nan
            if math.isnan(best) or PAPER.selects.improves(row[SELECTS] - best):
                self.best = self.checkpoint() | {"validation": row}
        self.last = self.checkpoint()
        shown = ("meta_loss", f"{PAPER.selects.name}_single", SELECTS)
        self.figures |= {name: row[name] for name in shown if name in row}
        self.figures["tasks/s"] = self.settings.tasks / (time.monotonic() - start)
        return row

    def step(self) -> float:
        """Draws tasks and takes one step of the outer optimiser. Returns the mean query loss.

        Tasks whose loss or gradient is not finite count neither in the loss nor in the gradient. Where no task is
        left, the parameters do not change and the loss is NaN.
        """
        drawn = self._draw()
        # One row for each task: its loss and its gradient.
        rows = torch.zeros(len(drawn), 1 + sum(p.numel() for p in self.parameters), device=self.device)
        mine = processes.shard(range(len(drawn)))
        for number, (shown, asked) in zip(mine, prefetched(self._task, [drawn[i] for i in mine]), strict=True):
            if interrupted():
                break
            value, gradients = task_gradient(
                self.learner, shown, asked, self.loss, self.settings, self.iteration, self.inner_loss
            )
            rows[number] = torch.cat([value.view(1), *(gradient.flatten() for gradient in gradients)])
        _give_up_if_interrupted()
        processes.all_reduce(rows)
        good = finite(rows)
        for number in torch.nonzero(~good).flatten().tolist():
            self._report(number, drawn[number], rows[number, 0].item())
        self.skipped = int((~good).sum())
        if self.skipped == len(drawn):
            return math.nan
        loss, gradient = rows[good].mean(0).split([1, rows.shape[1] - 1])
        for parameter, part in zip(
            self.parameters, gradient.split([p.numel() for p in self.parameters]), strict=True
        ):
            parameter.grad = part.view_as(parameter)
        for group in self.optimiser.param_groups:
            group["lr"] = outer_rate(self.settings, self.iteration)
        self.optimiser.step()
        return loss.item()

    def _report(self, number: int, drawn: Drawn, loss: float) -> None:
        """Logs a task that is not finite; stops the training where `on_nonfinite` is stop."""
        scene, ev = self.training[drawn.scene].name, self.evs[drawn.held_out]
        problem = (
            f"meta-iteration {self.iteration + 1}, task {number + 1} of {self.settings.tasks} "
            f"(scene {scene}, EV {ev:+g} held out): loss {loss:.3g}, "
            "and it or its gradient is not finite"
        )
        if self.settings.on_nonfinite == "stop":
            raise UserError(
                f"{problem}; try a smaller meta.inner_lr ({self.settings.inner_lr:g}) or meta.outer_lr "
                f"({self.settings.outer_lr:g}), or leave such tasks out with meta.on_nonfinite: skip"
            )
        log.warning("%s; the task is left out", problem)

    def validate(self) -> dict[str, float]:
        """Loss and metrics before and after adaptation with the label source's labels, such as `ssim_adapted`.

        Each is compared with the truth, and is the mean over all validation scenes; of the first one the first
        exposure is held out, of the next one the second, and so on.
        """
        metrics = {metric.name: metric for metric in PAPER.validates}
        steps_of = {"single": 0, "adapted": self.settings.inner_steps}
        size = (len(self.validation), len(steps_of), 1 + len(metrics))
        scores = torch.zeros(size, dtype=torch.float64, device=self.device)
        for index in processes.shard(range(len(self.validation))):
            if interrupted():
                break
            scene, held_out = self._move(self.validation[index]), index % len(self.evs)
            labels = support_labels(self.validation, scene, held_out, self.label_source)
            _, truth = query(scene, held_out)
            for mode, steps in enumerate(steps_of.values()):
                prediction = predict(self.learner, scene, held_out, labels, self.inner_loss, steps)[None]
                values = [metric(prediction, truth) for metric in metrics.values()]
                scores[index, mode] = torch.tensor([self.loss(prediction, truth), *values])
        _give_up_if_interrupted()
        processes.all_reduce(scores)
        names = [f"{name}_{mode}" for mode in steps_of for name in ("loss", *metrics)]
        return dict(zip(names, scores.mean(0).flatten().tolist(), strict=True))

    def checkpoint(self) -> dict:
        """What `best.pt` and `last.pt` hold; the meta-parameters are those before any adaptation."""
        return {
            "parameters": {k: v.detach().clone() for k, v in self.learner.state_dict().items()},
            "optimiser": copy.deepcopy(self.optimiser.state_dict()),  # whose tensors it goes on changing
            "random_state": json.dumps(self.rng.bit_generator.state),
            "iteration": self.iteration,
            "settings": self.settings.model_dump_json(),
        }

    def state_dict(self) -> dict[str, Any]:
        """The checkpoint after the last whole meta-iteration, which an interrupt does not change, and the best."""
        return {"best": self.best, "last": self.last}

    def load_state_dict(self, values: dict[str, Any]) -> None:
        self.best, self.last = values["best"], values["last"]
        self.learner.load_state_dict(self.last["parameters"])
        self.optimiser.load_state_dict(self.last["optimiser"])
        self.rng.bit_generator.state = json.loads(self.last["random_state"])
        self.iteration = self.last["iteration"]

    def _draw(self) -> list[Drawn]:
        """The tasks of the next meta-iteration; with any crop the same, because crops have draws of their own."""
        few = len(self.training) < self.settings.tasks
        scenes = self.rng.choice(len(self.training), self.settings.tasks, replace=few)
        tasks = [(int(index), int(self.rng.integers(len(self.evs)))) for index in scenes]
        corners = named_rng(self.inputs.seed, "crop", self.iteration).integers(self.free + 1, size=(len(tasks), 2))
        return [Drawn(*task, *corner) for task, corner in zip(tasks, corners.tolist(), strict=True)]

    def _task(self, drawn: Drawn) -> tuple[Pair, Pair]:
        """Support and query set of a drawn task, on the device: the same square of exposures, labels and truth."""
        scene = self._move(self.training[drawn.scene])
        labels = support_labels(self.training, scene, drawn.held_out, self.label_source)
        rows, columns = (slice(start, start + self.side) for start in (drawn.top, drawn.left))
        square = (..., rows, columns)
        scene = replace(scene, ldr=scene.ldr[square], hdr=scene.hdr[square])
        return support(scene, drawn.held_out, labels[square]), query(scene, drawn.held_out)

    def _move(self, scene: Scene) -> Scene:
        ldr, hdr = (processes.move(image, self.device) for image in (scene.ldr, scene.hdr))
        return replace(scene, ldr=ldr, hdr=hdr)


def files_of(scenes: Scenes, label_source: str) -> dict[str, Path]:
    """The files that some scenes and their labels are read from, by their paths in the fold or the dataset."""
    paths = [scenes.dataset.exposures_table(chunk) for chunk in sorted(set(scenes.table.chunk))]
    for scene, chunk in zip(scenes.table.scene, scenes.table.chunk, strict=True):
        folder = scenes.fold.labels(label_source) / chunk
        labels = [folder / label_name(scene, ev) for ev in scenes.exposures.loc[[scene]].ev]
        # Some label sources have no files: their labels are computed from the scene.
        paths += [path for path in labels if path.is_file()]
    return arrays_of(scenes) | by_role(paths, scenes)


def outer_rate(settings: Meta, iteration: int) -> float:
    """The learning rate of the outer loop in an iteration, from 0 on."""
    if settings.outer_schedule == "constant":
        return settings.outer_lr
    return settings.outer_lr * (1 + math.cos(math.pi * iteration / settings.iterations)) / 2


def finite(rows: Tensor) -> Tensor:
    """Which rows of a table have finite numbers alone, `(N, K)` to `(N,)`."""
    return torch.isfinite(rows.sum(1))  # a sum with a term that is not finite is not finite


def _give_up_if_interrupted() -> None:
    """Raises Interrupted in all processes if one of them is interrupted, because each waits for the others."""
    if processes.any_process(interrupted()):
        raise Interrupted
