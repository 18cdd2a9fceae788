"""AHDRNet with the weights of its authors (Yan et al. 2019)."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from metahdr.config.merging import AHDRNetTraining
from metahdr.errors import UserError
from metahdr.methods.merging.ahdrnet import AHDRNet


class OfficialAHDRNet(AHDRNet):
    """AHDRNet of the published size, trained by its authors on Kalantari and Ramamoorthi's photographs."""

    name = "ahdrnet_official"
    title = "AHDRNet, the authors' weights"
    weights = ("ahdrnet",)

    @classmethod
    def load(cls, weights: Path | None = None, device: str = "cpu") -> Self:
        from metahdr.weights.ahdrnet import load_ahdrnet

        if weights is None:
            raise UserError(f"{cls.name}: no weights are shipped; give the authors' file (config/weights.yaml)")
        return cls(load_ahdrnet(weights).to(device), AHDRNetTraining(features=64, growth=32))
