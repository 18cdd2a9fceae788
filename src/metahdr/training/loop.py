"""The loop that every training runs in: steps, history, progress, resumable state, interrupts."""

import logging
import os
import signal
from abc import ABC, abstractmethod
from collections.abc import Iterable
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd
import torch

from metahdr.errors import UserError
from metahdr.files import sha256
from metahdr.tables import write_table
from metahdr.training import checkpoint, processes
from metahdr.training.inputs import TrainingInputs, identify
from metahdr.training.progress import track
from metahdr.weights.facts import read_facts
from metahdr.workflow.interrupts import Interrupted, deferred, interrupted

log = logging.getLogger(__name__)


class TrainingLoop(ABC):
    """A training that may be ended at any moment, and goes on where it was when it is started again.

    A subclass calls `__init__`, which seeds torch, then draws its network, and then calls `resume`.

    Args:
        inputs: of the training; its settings have `save_every`, the number of steps between resumable states.
        files: every file that the training reads, by its role.
        steps: of the whole training.
        facts: what changes the result beside files, settings and seed.

    Attributes:
        method: that is trained.
        trained_on: SHA-256 of the raw HDR file of each source.
        title: of the training, in the display and in the log.
        step_name: what a step is called, in the log and in the history.
        hashes: SHA-256 of every file, by its role.
        settings: of the inputs.
        identity: names all that the result depends on; a state of another identity is not resumed.
        device: that the training computes on.
        history: one row for each finished step.
        figures: shown beside the progress; a step keeps them up to date.

    Raises:
        UserError: a file is missing.
    """

    method: str
    trained_on: dict[str, str]
    title: str
    step_name: ClassVar[str]

    def __init__(self, inputs: TrainingInputs, files: dict[str, Path], steps: int, **facts: object):
        self.inputs, self.settings, self.steps, self.state = inputs, inputs.settings, steps, inputs.state
        self.hashes: dict[str, str] = processes.broadcast_from_first(
            lambda: {role: sha256(path) for role, path in files.items()}
        )
        self.device = processes.device()
        self.identity = identify(
            self.hashes,
            settings=self.settings.with_effect | facts,
            seed=inputs.seed,
            threads=inputs.threads,
            code=inputs.code,
            device=self.device.type,
        )
        self.history: list[dict] = []
        self.figures: dict[str, float] = {}
        torch.manual_seed(inputs.seed)

    @abstractmethod
    def train_step(self, batch: Any) -> dict:
        """Trains one step and returns its row of the history.

        Raises:
            Interrupted: the step was given up; `state_dict` is still that of the step before.
        """

    @abstractmethod
    def state_dict(self) -> dict[str, Any]:
        """What a resumed training needs beside the history: tensors, numbers and text."""

    @abstractmethod
    def load_state_dict(self, values: dict[str, Any]) -> None:
        """Takes over what `state_dict` returned; the history is there already."""

    def batches(self) -> Iterable:
        """What each of the remaining steps is trained on."""
        return range(len(self.history), self.steps)

    def run(self) -> None:
        """Trains to the last step; saves the state every `save_every` steps, at the end and when interrupted.

        SIGINT and SIGTERM end the training after the step at hand, or before if the step is given up. They end all
        processes of a training if one of them receives the signal.

        Raises:
            UserError: the state cannot be saved; or what a step raises.
        """
        torch.set_num_threads(self.inputs.threads)
        if processes.world_size() > 1:
            log.info("%d processes share the work", processes.world_size())
        with deferred():
            for batch in track(self.batches(), self.title, self.steps, len(self.history), figures=self.figures):
                try:
                    row = self.train_step(batch)
                except Interrupted:
                    pass
                else:
                    self.history.append(row)
                finished = len(self.history) == self.steps
                ends = not finished and processes.any_process(interrupted())
                if finished or ends or len(self.history) % self.settings.save_every == 0:
                    self.save()
                if ends:
                    next_step = len(self.history) + 1
                    log.info("interrupted: %s goes on at %s %d", self.state, self.step_name, next_step)
                    break
        if len(self.history) < self.steps:  # the signal came to another process
            raise KeyboardInterrupt(signal.SIGTERM)

    def save(self) -> None:
        """Saves the resumable state."""
        if processes.rank() == 0:
            values = {"identity": self.identity, "history": self.history}
            checkpoint.save_state(self.state, values | self.state_dict())

    def resume(self) -> None:
        """Goes on from the saved state, if there is one of the same identity."""
        values = processes.broadcast_from_first(lambda: checkpoint.load_state(self.state, self.identity))
        if values is not None:
            self.history = values["history"]
            self.load_state_dict(values)
            log.info("resumed from %s after %s %d", self.state, self.step_name, len(self.history))

    def facts(self, history: Path) -> dict[str, Any]:
        """What the network's file says of its training.

        Args:
            history: the file, which is there already.
        """
        facts = self.inputs.facts(self.method, self.trained_on, self.hashes)
        facts["origin"] |= {"device": processes.device_name()}
        return facts | {"identity": self.identity, "history": sha256(history)}

    def is_made(self, networks: list[Path], history: Path) -> bool:
        """Whether what this training makes is there already, as after `dvc checkout`; if so, it counts as new."""
        return processes.broadcast_from_first(lambda: self._is_made(networks, history))

    def _is_made(self, networks: list[Path], history: Path) -> bool:
        if not all(path.is_file() for path in (*networks, history)):
            return False
        asked = {"identity": self.identity, "history": sha256(history)}
        try:
            found = [read_facts(path) for path in networks]
        except UserError:
            return False
        if any(facts.get(key) != value for facts in found for key, value in asked.items()):
            return False
        log.info("%s is what this training makes: nothing is trained", networks[0])
        for path in (*networks, history):
            os.utime(path)  # Snakemake would take an old one for stale
        return True

    def write_history(self, path: Path) -> None:
        """Writes the history as CSV."""
        write_table(path, pd.DataFrame(self.history))

    def finish(self) -> None:
        """Removes the state; to be called when the result has been written."""
        checkpoint.remove_state(self.state)
