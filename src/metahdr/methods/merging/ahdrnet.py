"""AHDRNet: attention to what the reference shows (Yan et al. 2019)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Self

from metahdr.config.merging import AHDRNetTraining
from metahdr.errors import UserError
from metahdr.methods.merging.base import MergingMethod

if TYPE_CHECKING:
    from torch import nn


class AHDRNet(MergingMethod):
    """`nets.ahdrnet`; the exposures are not aligned."""

    name = "ahdrnet"
    title = "AHDRNet"
    citation = "Yan et al. 2019"
    settings = AHDRNetTraining
    norm = "l1"

    @classmethod
    def build(cls, settings: AHDRNetTraining) -> nn.Module:
        from metahdr.nets.ahdrnet import AHDRNet

        return AHDRNet(settings.features, settings.growth)


class OfficialAHDRNet(AHDRNet):
    """The same with the authors' weights, trained on Kalantari and Ramamoorthi's photographs."""

    name = "ahdrnet_official"
    title = "AHDRNet, the authors' weights"
    weights = ("ahdrnet",)

    @classmethod
    def load(cls, weights: Path | None = None, device: str = "cpu") -> Self:
        from metahdr.weights.ahdrnet import load_ahdrnet

        if weights is None:
            raise UserError(f"{cls.name}: no weights are shipped; give the authors' file (config/weights.yaml)")
        return cls(load_ahdrnet(weights).to(device), AHDRNetTraining(features=64, growth=32))
