"""The MobileNetV3 autoencoder of single exposures (Demirci and Dere, "Single LDR image to HDR translation")."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from metahdr.methods.autoencoder.settings import AutoencoderTraining
from metahdr.methods.base import Claim, in_scene_scale
from metahdr.methods.trained import TrainedMethod
from metahdr.training.inputs import TrainingInputs

if TYPE_CHECKING:
    from torch import Tensor

    from metahdr.nets.mobilenet_autoencoder import MobileNetAutoencoder


class Autoencoder(TrainedMethod):
    """The network, whose answer is log radiance stretched to [-1, 1], and the scale that the exposure gives it.

    The weight file holds all of the network, the frozen encoder too, so that it needs no other file. Normalisation
    is over the whole image, which is therefore not cut into tiles: memory grows with its size.
    """

    name = "autoencoder"
    title = "MobileNetV3 autoencoder"
    citation = "Demirci and Dere"
    licence = "not had"
    published = "PSNR 14.06 dB, SSIM 0.8157 of stretched log images, on its validation set"
    claims = (Claim("single", "log_rmse", "all", "gamma_2"),)
    takes = "single"
    uses = frozenset({"exposure", "ev"})
    settings = AutoencoderTraining

    @classmethod
    def build(cls, settings: AutoencoderTraining) -> MobileNetAutoencoder:
        from metahdr.nets.mobilenet_autoencoder import MobileNetAutoencoder

        return MobileNetAutoencoder(settings.filters)

    @classmethod
    def train(cls, inputs: TrainingInputs, model: Path, history: Path) -> None:
        from metahdr.methods.autoencoder.trainer import AutoencoderTrainer

        AutoencoderTrainer(inputs).produce(model, history)

    def predict_log(self, exposures: Tensor) -> Tensor:
        """The network's answer: log(1 + radiance), each image stretched to [-1, 1], `(N, 3, H, W)` to the same."""
        import torch

        with torch.inference_mode():
            return torch.cat([self.network(exposure).float() for exposure in exposures.split(1)])

    def reconstruct(self, exposures: Tensor, stops: Sequence[float]) -> Tensor:
        from metahdr.methods.autoencoder.scale import find_range
        from metahdr.nets.mobilenet_autoencoder import denormalise

        y = self.predict_log(exposures)
        return in_scene_scale(denormalise(y, *find_range(y, exposures)), stops)
