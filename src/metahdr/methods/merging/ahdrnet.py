"""AHDRNet: attention to what the reference shows (Yan et al. 2019)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metahdr.config.base import Count
from metahdr.methods.merging.base import MergingMethod, MergingTraining

if TYPE_CHECKING:
    from torch import nn


class AHDRNetTraining(MergingTraining):
    """Training of AHDRNet (Yan et al. 2019), which merges a moving bracket."""

    features: Count = 32
    """channels of its features; as published: 64"""

    growth: Count = 16
    """channels that a dense layer adds; as published: 32"""


class AHDRNet(MergingMethod):
    """`nets.ahdrnet`; the exposures are not aligned."""

    name = "ahdrnet"
    title = "AHDRNet"
    citation = "Yan et al. 2019"
    licence = "none stated"
    settings = AHDRNetTraining
    norm = "l1"

    @classmethod
    def build(cls, settings: AHDRNetTraining) -> nn.Module:
        from metahdr.nets.ahdrnet import AHDRNet

        return AHDRNet(settings.features, settings.growth)
