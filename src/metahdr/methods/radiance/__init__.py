"""The shipped radiance network: a response curve, and the light that clipping took away."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self

from metahdr.methods.base import Metered, in_scene_scale
from metahdr.methods.camera import KnowsCameras
from metahdr.methods.radiance.settings import RadianceTraining
from metahdr.training.inputs import TrainingInputs

if TYPE_CHECKING:
    from torch import Tensor

    from metahdr.nets.radiance import RadianceNet


class Radiance(KnowsCameras):
    """The radiance network, for an unknown camera or a calibrated one.

    The networks see an image at bounded sizes; what they add in log light is brought to the image's own size and
    applied pixel by pixel. So a large photograph costs little, and no tile can show a seam.

    Args:
        network: as trained.
        trained_on: see `trained_on`.
    """

    name = "radiance"
    title = "MetaHDR radiance"
    citation = "this project"
    takes = "single"
    uses = frozenset({"exposure", "ev"})
    weights = ("shipped", "train")
    shipped = Path(__file__).parents[2] / "models" / "radiance.safetensors"
    settings = RadianceTraining
    trains_on = "raw"

    def __init__(self, network: RadianceNet, trained_on: dict[str, str] | None = None):
        self.network = network
        self._trained_on = trained_on or {}

    @classmethod
    def read(cls, path: Path, device: str) -> Self:
        from metahdr.nets.radiance import RadianceNet
        from metahdr.weights.ours import load_network

        network, facts = load_network(path, lambda _: RadianceNet())
        return cls(network.to(device), facts.get("trained_on", {}))

    @classmethod
    def train(cls, inputs: TrainingInputs, model: Path, history: Path) -> None:
        from metahdr.methods.radiance.trainer import RadianceTrainer

        RadianceTrainer(inputs).produce(model, history)

    def reconstruct(self, exposures: Tensor, stops: Sequence[float]) -> Tensor:
        import torch

        from metahdr.methods.radiance.apply import reconstruct

        with torch.inference_mode():
            images = [reconstruct(self.network, exposure[None], self.curve) for exposure in exposures]
        return in_scene_scale(torch.cat(images), stops)


class RadianceMetered(Metered, Radiance):
    """The same with the exposure's EV unknown: brought to where a meter would put the scene."""

    name = "radiance_metered"
    title = "MetaHDR radiance, metered"
    weights_of = "radiance"
