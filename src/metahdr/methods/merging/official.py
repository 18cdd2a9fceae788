"""Networks that merge a bracket, with the weights of their authors."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

from metahdr.methods.merging.ahdrnet import AHDRNet, AHDRNetTraining
from metahdr.methods.merging.base import MergingMethod, MergingTraining
from metahdr.methods.merging.wu import WuResNet, WuTraining

if TYPE_CHECKING:
    from torch import nn


class Official(MergingMethod):
    """The network of the authors' code, trained by them on Kalantari and Ramamoorthi's photographs.

    Attributes:
        built: the settings that give a network of the same size.
    """

    claims = ()  # they are of the networks that a run trains
    built: ClassVar[MergingTraining]

    @classmethod
    @abstractmethod
    def read_network(cls, path: Path) -> nn.Module:
        """The network in the authors' file."""

    @classmethod
    def read(cls, path: Path, device: str) -> Self:
        return cls(cls.read_network(path).to(device), cls.built)


class OfficialWu(Official, WuResNet):
    """The residual network of Wu et al. 2018."""

    name = "wu_official"
    title = "Wu, the authors' weights"
    weights = ("wu",)
    built = WuTraining(residual_kernel=3)

    @classmethod
    def read_network(cls, path: Path) -> nn.Module:
        from metahdr.weights.wu import load_wu

        return load_wu(path)


class OfficialAHDRNet(Official, AHDRNet):
    """AHDRNet, Yan et al. 2019."""

    name = "ahdrnet_official"
    title = "AHDRNet, the authors' weights"
    weights = ("ahdrnet",)
    built = AHDRNetTraining(features=64, growth=32)

    @classmethod
    def read_network(cls, path: Path) -> nn.Module:
        from metahdr.weights.ahdrnet import load_ahdrnet

        return load_ahdrnet(path)
