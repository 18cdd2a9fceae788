"""Training of networks that merge moving brackets."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import permutations

import numpy as np
import torch
from torch import Tensor, nn

from metahdr.config.base import TrainingSection
from metahdr.images.files import pixels
from metahdr.methods.merging.inputs import by_gamma, check_bracket, light_gains, most_light, with_light
from metahdr.seeds import named_rng
from metahdr.training.inputs import TrainingInputs
from metahdr.training.network import cosine
from metahdr.training.scenes import ScenesTraining, scenes_of

SWAPS = list(permutations(range(3)))  # of the colour channels, as Kalantari and Ramamoorthi 2017 augment


class MergingTrainer(ScenesTraining):
    """The network and its optimiser.

    A step is a batch of random squares of random scenes, turned, mirrored, and with their colour channels swapped.

    Args:
        inputs: of the training.
        name, build, align, loss: of a `MergingMethod`.
    """

    def __init__(
        self,
        inputs: TrainingInputs,
        name: str,
        build: Callable[[TrainingSection], nn.Module],
        align: Callable[[np.ndarray, Sequence[float]], np.ndarray],
        loss: Callable[..., Tensor],
    ):
        super().__init__(inputs, name, scenes_of(inputs.data, moving=True))
        self.align, self.loss = align, loss
        self.network = build(self.settings).to(self.device).train()
        self.optimiser = torch.optim.Adam(self.network.parameters(), lr=self.settings.learning_rate)
        # An alignment takes longer than to read the scene again.
        self.example = lru_cache(maxsize=256)(self.example)
        self.resume()

    def example(self, index: int) -> tuple[Tensor, Tensor, Tensor]:
        """A scene as the network takes it, `(3, 6, H, W)`, gains `(3,)`, and its truth in [0, 1], `(3, H, W)`."""
        scene = self.scenes[index]
        check_bracket(f"{self.method}: {scene.name}", scene.stops)
        aligned, gains = self.align(pixels(scene.ldr), scene.stops), light_gains(scene.stops)
        inputs = with_light(by_gamma(aligned, scene.stops), gains)
        return inputs, gains, (scene.hdr / most_light(scene.stops)).clamp(max=1)

    def train_step(self, batch: int) -> dict:
        rng = named_rng(self.inputs.seed, "train", self.method, batch)
        examples = [self._augmented(rng) for _ in range(self.settings.batch)]
        inputs, gains, truth = (torch.stack(part).to(self.device) for part in zip(*examples, strict=True))
        progress = batch / self.steps
        if self.settings.decay:
            self.set_rate(self.settings.learning_rate * cosine(progress))
        return self.minimise(self.loss(self.network, inputs, gains, truth, progress, self.settings))

    def _augmented(self, rng: np.random.Generator) -> tuple[Tensor, Tensor, Tensor]:
        inputs, gains, truth = self.example(int(rng.integers(len(self.scenes))))
        size = min(self.settings.size, truth.shape[-1])
        top, left = rng.integers(0, truth.shape[-1] - size + 1, 2)
        turns, mirrored, swap = rng.integers(4), rng.random() < 0.5, list(SWAPS[rng.integers(len(SWAPS))])

        def change(image: Tensor) -> Tensor:
            image = image[..., top : top + size, left : left + size].rot90(int(turns), (-2, -1))
            return image.flip(-1) if mirrored else image

        return change(inputs)[:, [*swap, *(3 + channel for channel in swap)]], gains, change(truth)[swap]
