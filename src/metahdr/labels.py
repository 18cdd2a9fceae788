"""Simulated HDR labels: training of HDR-CNN on the training scenes, and its prediction for every exposure."""

import json
import logging
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from metahdr import checkpoint
from metahdr.camera.exposure import expose
from metahdr.camera.response import draw_response
from metahdr.config import Expose, Label
from metahdr.images import HALF_MAX, write_exr
from metahdr.nets.hdrcnn import HDRCNN, log_loss
from metahdr.progress import track
from metahdr.scenes import Scenes, Task, label_name
from metahdr.seeds import named_rng

log = logging.getLogger(__name__)


def train_hdrcnn(scenes: Scenes, settings: Label, camera: Expose, seed: int) -> tuple[HDRCNN, list[dict]]:
    """Trains HDR-CNN on virtual exposures of the training scenes with the log-domain loss.

    Every image is a random scene, flipped at random, through a random response curve, exposed so that a random
    share of its pixels (`label.clipped_share`) is saturated; what is saturated is what there is to learn.

    Returns:
        The network in evaluation mode, and the history: one row per step with its loss.
    """
    torch.manual_seed(seed)
    rng = named_rng(seed, "hdrcnn")
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network = HDRCNN(settings.width).to(device)
    optimiser = torch.optim.Adam(network.parameters(), lr=settings.learning_rate)
    history = []
    for step in track(range(settings.steps), "train HDR-CNN", settings.steps):
        pairs = [_training_pair(scenes, settings, camera, rng) for _ in range(settings.batch)]
        x, target = (torch.from_numpy(np.stack(images)).to(device) for images in zip(*pairs, strict=True))
        loss = log_loss(x, network.log_prediction(x), target)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        history.append({"step": step + 1, "loss": loss.item()})
    return network.eval(), history


def _training_pair(
    scenes: Scenes, settings: Label, camera: Expose, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """An LDR exposure and its HDR image relative to it, both float32 `(3, H, W)`."""
    hdr = scenes[int(rng.integers(len(scenes)))].hdr.numpy().transpose(1, 2, 0)
    hdr = hdr[:, ::-1] if rng.random() < 0.5 else hdr
    white = np.quantile(hdr.max(-1), 1 - rng.uniform(*settings.clipped_share))
    hdr = np.minimum(hdr / np.float32(max(white, 1e-6)), HALF_MAX)
    response = draw_response(rng, camera.response_n, camera.response_sigma)
    ldr = expose(hdr, 0.0, response, camera.noise, rng)
    return ldr.transpose(2, 0, 1).astype(np.float32) / 255, np.ascontiguousarray(hdr.transpose(2, 0, 1))


def save_hdrcnn(path: Path, network: HDRCNN, settings: Label) -> None:
    checkpoint.save(path, {"parameters": network.state_dict(), "settings": settings.model_dump_json()})


def load_hdrcnn(path: Path) -> HDRCNN:
    """A trained HDR-CNN in evaluation mode."""
    values = checkpoint.load(path)
    network = HDRCNN(json.loads(values["settings"])["width"])
    network.load_state_dict(values["parameters"])
    return network.eval()


@torch.inference_mode()
def simulate_labels(network: HDRCNN, task: Task, stops: list[float]) -> Tensor:
    """The HDR label of each exposure in the scene's scale, `(E, 3, H, W)`.

    The network's output relates to its own exposure, hence the division by 2^stops.
    """
    scale = torch.tensor(stops, dtype=torch.float32).exp2().view(-1, 1, 1, 1)
    return network(task.ldr) / scale


def write_labels(network: HDRCNN, scenes: Scenes, folder: Path) -> None:
    """Writes the labels of all scenes as half-float OpenEXR in linear light."""
    for index in track(range(len(scenes)), "label", len(scenes)):
        task = scenes[index]
        for ev, label in zip(task.evs, simulate_labels(network, task, scenes.stops(task.scene)), strict=True):
            write_exr(folder / label_name(task.scene, ev), label.numpy().transpose(1, 2, 0))
