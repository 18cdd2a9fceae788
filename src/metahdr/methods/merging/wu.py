"""The two networks of Wu et al. 2018, of exposures whose background is aligned by a homography."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from metahdr.config.base import Count
from metahdr.methods.merging.base import MergingMethod, MergingTraining

if TYPE_CHECKING:
    import numpy as np
    from torch import nn


class WuTraining(MergingTraining):
    """Training of Wu et al.'s networks (2018), which merge a bracket aligned by a homography."""

    steps: Count = 1000
    """training steps"""

    residual_kernel: Annotated[int, Field(ge=1)] = 5
    """side of the kernels in the residual blocks; the paper has 5, the authors' code 3"""


class WuUNet(MergingMethod):
    """The encoder and decoder with skip connections."""

    name = "wu_unet"
    title = "Wu, U-Net"
    citation = "Wu et al. 2018"
    licence = "MIT"
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
