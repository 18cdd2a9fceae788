"""The two networks of Wu et al. 2018, of exposures whose background is aligned by a homography."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Literal

from metahdr.config.merging import WuTraining
from metahdr.methods.merging.base import MergingMethod

if TYPE_CHECKING:
    import numpy as np
    from torch import nn


class WuUNet(MergingMethod):
    """The encoder and decoder with skip connections."""

    name = "wu_unet"
    title = "Wu, U-Net"
    citation = "Wu et al. 2018"
    settings = WuTraining
    norm = "l2"
    kind: ClassVar[Literal["unet", "resnet"]] = "unet"

    @classmethod
    def build(cls, settings: WuTraining) -> nn.Module:
        from metahdr.nets.wu import WuNet

        return WuNet(cls.kind, settings.residual_kernel)

    @classmethod
    def align(cls, exposures: np.ndarray, stops: Sequence[float]) -> np.ndarray:
        from metahdr.brackets.homography import align_by_homography

        return align_by_homography(exposures, stops)


class WuResNet(WuUNet):
    """The same with residual blocks in the middle."""

    name = "wu_resnet"
    title = "Wu, ResNet"
    kind = "resnet"
