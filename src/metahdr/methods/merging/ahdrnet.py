"""AHDRNet: attention to what the reference shows (Yan et al. 2019)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metahdr.config.merging import AHDRNetTraining
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
