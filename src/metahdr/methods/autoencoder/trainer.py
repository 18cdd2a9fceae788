"""Training of the autoencoder's decoder."""

import logging
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from metahdr.errors import UserError
from metahdr.nets.hdrcnn import saturation
from metahdr.nets.mobilenet_autoencoder import MobileNetAutoencoder, normalise_target
from metahdr.scenes.scene import Scenes
from metahdr.seeds import named_rng
from metahdr.training.inputs import TrainingInputs
from metahdr.training.scenes import ScenesTraining, scenes_of
from metahdr.weights.imagenet import load_mobilenet_v3
from metahdr.weights.lpips import load_lpips

log = logging.getLogger(__name__)

BETAS = (0.5, 0.999)  # of Adam, the authors'
LEAST = 32  # side of a training image in pixels: one place of the encoder's deepest features


class AutoencoderTrainer(ScenesTraining):
    """The network and its optimiser, which has the bottleneck and the decoder alone.

    A step is a batch of random squares of random exposures, mirrored in both directions. The radiance to learn is
    relative to the exposure, 1.0 where it clips: how bright the scene was is nothing that the network sees.
    """

    def __init__(self, inputs: TrainingInputs):
        settings = inputs.settings
        super().__init__(inputs, "autoencoder", _scenes(inputs.data, settings.max_value))
        self.network = MobileNetAutoencoder(settings.filters)
        load_mobilenet_v3(self.network.encoder, self.pretrained.get("encoder"), "training.autoencoder.encoder")
        self.network.to(self.device).train()
        self.lpips = None
        if settings.vgg16:
            self.lpips = load_lpips("vgg", self.pretrained["vgg16"], "training.autoencoder.vgg16")
        else:
            log.warning("the loss is without LPIPS: training.autoencoder.vgg16 names no file of VGG16's weights")
        trained = [parameter for parameter in self.network.parameters() if parameter.requires_grad]
        self.optimiser = torch.optim.Adam(trained, settings.learning_rate, BETAS)
        self.resume()

    def train_step(self, batch: int) -> dict:
        rng = named_rng(self.inputs.seed, "train", "autoencoder", batch)
        examples = [self.example(rng) for _ in range(self.settings.batch)]
        x, radiance = (torch.stack(images).to(self.device) for images in zip(*examples, strict=True))
        terms = self.terms(x, self.network(x), normalise_target(radiance))
        return self.minimise(sum(terms.values()), terms)

    def terms(self, x: Tensor, y: Tensor, target: Tensor) -> dict[str, Tensor]:
        """The weighted terms of the loss.

        Args:
            x: exposures in [0, 1], `(N, 3, H, W)`.
            y, target: predictions and truth in [-1, 1], `(N, 3, H, W)`.
        """
        error = (y - target).abs()
        if self.settings.alpha_map:
            # The authors do not say what their alpha is. The paper that inspired them, HDR-CNN's, has this one.
            error = error * saturation(x)
        terms = {"l1": self.settings.l1_weight * error.mean()}
        if self.lpips:
            distances = self.lpips((y + 1) / 2, (target + 1) / 2)
            terms["lpips"] = self.settings.lpips_weight * distances.mean()
        return terms

    def example(self, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """A random square of an exposure, and its radiance relative to the exposure, `(3, size, size)` each."""
        scene = self.scenes[int(rng.integers(len(self.scenes)))]
        index = int(rng.integers(len(scene.stops)))
        pair = torch.stack([scene.ldr[index], scene.hdr * 2.0 ** scene.stops[index]])
        side = pair.shape[-1]
        size = min(self.settings.size, side)
        top, left = rng.integers(0, side - size + 1, 2)
        mirrored = [axis for axis in (-2, -1) if rng.random() < 0.5]
        return tuple(pair[..., top : top + size, left : left + size].flip(mirrored))


def _scenes(data: Path, max_value: float) -> Scenes:
    """The training scenes without a larger value, as stored in their files.

    Raises:
        UserError: there are none, or they are too small.
    """
    scenes = scenes_of(data)
    least = scenes.table.max_value.min()
    scenes.table = scenes.table[scenes.table.max_value <= max_value].reset_index(drop=True)
    if not len(scenes):
        raise UserError(
            f"training.autoencoder.max_value: found {max_value:g}; every training scene has a larger value, "
            f"the least {least:g}"
        )
    side = scenes[0].hdr.shape[-1]
    if side < LEAST:
        raise UserError(
            f"{data}/scenes.csv: found scenes of {side}x{side} pixels; the autoencoder learns from at least "
            f"{LEAST}x{LEAST}, see prepare.size"
        )
    return scenes
