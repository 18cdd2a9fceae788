"""HDR-CNN (Eilertsen et al. 2017)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self

from metahdr.methods.base import Metered, Method, in_scene_scale
from metahdr.methods.hdrcnn.settings import HDRCNNTraining
from metahdr.methods.tiles import in_tiles
from metahdr.training.inputs import TrainingInputs

if TYPE_CHECKING:
    from torch import Tensor

    from metahdr.nets.hdrcnn import HDRCNN as Network

TILE, MARGIN = 1024, 128  # multiples of 32, so that all tiles lie on the grid of the network's pooling


class HDRCNN(Method):
    """HDR-CNN with this project's weights or the authors'.

    A large image is reconstructed in tiles that overlap by twice the margin, with the memory of one tile.

    Args:
        network: as trained; its batch normalisation is fused into the convolutions of a copy.
        trained_on: see `trained_on`.
    """

    name = "hdrcnn"
    title = "HDR-CNN"
    citation = "Eilertsen et al. 2017"
    licence = "BSD-3-Clause"
    published = "HDR-VDP-2 53.0 on VDS, 50.8 on HDR-Eye, 57.2 on RAISE (Kim, Lee and Kang 2020, Table 1)"
    takes = "single"
    uses = frozenset({"exposure", "ev"})
    weights = ("shipped", "train", "official", "official_compr", "official_compr_regularized")
    shipped = Path(__file__).parents[2] / "models" / "hdrcnn.safetensors"
    settings = HDRCNNTraining
    trains_on = "raw"
    on_gpu = True

    def __init__(self, network: Network, trained_on: dict[str, str] | None = None):
        self.network = network.fused()
        self._trained_on = trained_on or {}

    @classmethod
    def read(cls, path: Path, device: str) -> Self:
        from metahdr.weights.facts import read_facts
        from metahdr.weights.hdrcnn import load_hdrcnn

        network, trained_on = load_hdrcnn(path), read_facts(path).get("trained_on", {})
        if isinstance(trained_on, list):  # names alone
            trained_on = dict.fromkeys(trained_on, "")
        return cls(network.to(device), trained_on)

    @classmethod
    def train(cls, inputs: TrainingInputs, model: Path, history: Path) -> None:
        from metahdr.methods.hdrcnn.trainer import HDRCNNTrainer

        HDRCNNTrainer(inputs).produce(model, history)

    def reconstruct(self, exposures: Tensor, stops: Sequence[float]) -> Tensor:
        import torch

        with torch.no_grad():
            return in_scene_scale(in_tiles(self.network, exposures, TILE, MARGIN), stops)

    def compile(self) -> None:
        import torch

        self.network = torch.compile(self.network)


class HDRCNNMetered(Metered, HDRCNN):
    """HDR-CNN with the exposure alone, its EV unknown, brought to where a meter would put the scene."""

    name = "hdrcnn_metered"
    title = "HDR-CNN, metered"
    weights_of = "hdrcnn"
