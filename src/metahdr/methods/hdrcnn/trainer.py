"""Training of HDR-CNN, resumable at any moment."""

import logging
import signal
from pathlib import Path

import torch
from torch.utils.data import DataLoader

from metahdr.config.hdrcnn import HDRCNNTraining
from metahdr.losses.hdrcnn import hdrcnn_log_loss, hdrcnn_loss
from metahdr.methods.hdrcnn.pairs import TrainingPairs
from metahdr.nets.hdrcnn import HDRCNN, saturation
from metahdr.training import checkpoint
from metahdr.training.interrupts import deferred, interrupted
from metahdr.training.progress import track
from metahdr.weights.vgg16 import start_from_vgg16

log = logging.getLogger(__name__)


class HDRCNNTrainer:
    """HDR-CNN, its optimiser and the history, at one moment of the training.

    Args:
        pairs: what it is trained on.
        settings, seed: the configuration's.
        state: file of the resumable state.
        identity: names the inputs; a state with another identity is not resumed.
    """

    def __init__(self, pairs: TrainingPairs, settings: HDRCNNTraining, seed: int, state: Path, identity: str):
        self.pairs, self.settings, self.state = pairs, settings, state
        self.identity = f"{identity} {settings.model_dump_json(exclude={'save_every'})} {seed}"
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        torch.manual_seed(seed)
        self.network = HDRCNN(settings.width).train()
        if settings.vgg16:
            start_from_vgg16(self.network, Path(settings.vgg16))
        self.network.to(self.device)
        self.optimiser = torch.optim.Adam(self.network.parameters(), lr=settings.learning_rate)
        self.history: list[dict] = []
        self._resume()

    @property
    def step(self) -> int:
        """Steps done."""
        return len(self.history)

    def run(self) -> None:
        """Trains to the last step; saves the state on the way, at the end, and when interrupted."""
        remaining = range(self.step * self.settings.batch, len(self.pairs))
        batches = DataLoader(
            self.pairs,
            self.settings.batch,
            sampler=remaining,
            num_workers=1,
            prefetch_factor=4,
            worker_init_fn=_leave_interrupts_to_the_training,
        )
        with deferred():
            for x, target in track(batches, "train HDR-CNN", self.settings.steps, self.step):
                self.history.append({"step": self.step + 1, "loss": self._train_on(x, target)})
                last = self.step == self.settings.steps
                if last or interrupted() or self.step % self.settings.save_every == 0:
                    self.save()
                if interrupted():
                    log.info("interrupted: %s goes on at step %d", self.state, self.step + 1)
                    break

    def _train_on(self, x: torch.Tensor, target: torch.Tensor) -> float:
        x, target = x.to(self.device), target.to(self.device)
        if self.settings.decay:
            progress = torch.tensor(torch.pi * self.step / self.settings.steps)
            for group in self.optimiser.param_groups:
                group["lr"] = self.settings.learning_rate * (1 + torch.cos(progress).item()) / 2
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
            y = self.network.log_prediction(x)
        loss = self.loss(x, y, target)
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()
        return loss.item()

    def loss(self, x: torch.Tensor, y: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """The configured loss of the log prediction `y`, all `(N, 3, H, W)`."""
        if self.settings.loss == "log":
            return hdrcnn_log_loss(y, target, saturation(x))
        if self.settings.loss == "reflectance_code":
            return hdrcnn_loss(y, target, saturation(target), sigma=3.7)
        return hdrcnn_loss(y, target, saturation(x))

    def save(self) -> None:
        values = {"identity": self.identity, "history": self.history, "network": self.network.state_dict()}
        checkpoint.save_state(self.state, values | {"optimiser": self.optimiser.state_dict()})

    def _resume(self) -> None:
        values = checkpoint.load_state(self.state, self.identity)
        if values is None:
            return
        self.network.load_state_dict(values["network"])
        self.optimiser.load_state_dict(values["optimiser"])
        self.history = values["history"]
        log.info("resumed from %s after step %d", self.state, self.step)


def _leave_interrupts_to_the_training(_worker: int) -> None:
    """Ctrl-C and a batch system's SIGTERM reach every process of a job: a worker ends with its training."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
