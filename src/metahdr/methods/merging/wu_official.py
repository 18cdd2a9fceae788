"""Wu's residual network with the weights of its authors (Wu et al. 2018)."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from metahdr.config.merging import WuTraining
from metahdr.errors import UserError
from metahdr.methods.merging.wu import WuResNet


class OfficialWu(WuResNet):
    """The network of the authors' code, trained by them on Kalantari and Ramamoorthi's photographs."""

    name = "wu_official"
    title = "Wu, the authors' weights"
    weights = ("wu",)

    @classmethod
    def load(cls, weights: Path | None = None, device: str = "cpu") -> Self:
        from metahdr.weights.wu import load_wu

        if weights is None:
            raise UserError(f"{cls.name}: no weights are shipped; give the authors' file (config/weights.yaml)")
        return cls(load_wu(weights).to(device), WuTraining(residual_kernel=3))
