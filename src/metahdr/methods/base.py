"""The contract of a reconstruction method: what the label stage, the tables and the command line know of one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal, Self

from metahdr.config.base import Section
from metahdr.errors import UserError
from metahdr.training.inputs import TrainingInputs

if TYPE_CHECKING:
    from torch import Tensor


class Method(ABC):
    """One way to reconstruct the radiance of a scene from its exposures.

    A method is one file or folder with one subclass, and one line in `registry.yaml`. The workflow's rules read the
    facts below without torch: a method's file imports it inside the functions that compute.

    Attributes:
        name: its name in the registry, letters, digits and `_.-` alone.
        title: as tables and figures show it.
        citation: who published it.
        takes: `single`, every exposure is reconstructed by itself; `stack`, all exposures of a view together.
        scale: `exposure`, the answer follows from the exposure's scale, so that its EV must be known; `scene`, the
            answer is taken for the scene's scale, and the EV is not used.
        adapts: whether `adapt` is there.
        weights: names of the weight files it loads, the first is the default: `shipped` travels with the package,
            `train` is what `train` makes in the run, others are in `config/weights.yaml`. Empty where it needs none.
        settings: the section of the configuration that `train` takes; None where nothing is trained.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    citation: ClassVar[str]
    takes: ClassVar[Literal["single", "stack"]]
    scale: ClassVar[Literal["exposure", "scene"]]
    adapts: ClassVar[bool] = False
    weights: ClassVar[tuple[str, ...]] = ()
    settings: ClassVar[type[Section] | None] = None

    @classmethod
    def load(cls, weights: Path | None = None, device: str = "cpu") -> Self:
        """The method, ready to reconstruct.

        Args:
            weights: a weight file; None where the method needs none.
            device: that it computes on.

        Raises:
            UserError: the file is missing, damaged or another method's.
        """
        return cls()

    @classmethod
    def train(cls, inputs: TrainingInputs, model: Path, history: Path) -> None:
        """Trains the method, resumes where an earlier call was interrupted, and writes its weight file.

        Args:
            model: the weight file.
            history: CSV, a row a step.
        """
        raise UserError(f"{cls.name}: this method is not trained")

    @abstractmethod
    def reconstruct(self, exposures: Tensor, stops: Sequence[float]) -> Tensor:
        """Radiance in the scene's scale.

        Args:
            exposures: display-referred in [0, 1], `(N, 3, H, W)`.
            stops: what each of them is, relative to the scene's scale, length N.

        Returns:
            Linear light, non-negative and finite: `(N, 3, H, W)` of a method that takes single exposures, and
            `(1, 3, H, W)` of one that takes a stack.
        """

    def adapt(self, exposures: Tensor, labels: Tensor) -> Method:
        """The method adapted to a scene; the method itself does not change.

        Args:
            exposures: the support set, display-referred in [0, 1], `(S, 3, H, W)`.
            labels: their radiance in the scene's scale, `(S, 3, H, W)`.
        """
        raise UserError(f"{self.name}: this method does not adapt")

    def trained_on(self) -> dict[str, str]:
        """The sources that the weights were trained on, name and SHA-256 of the raw file; empty where unknown."""
        return {}


def in_scene_scale(radiance: Tensor, stops: Sequence[float]) -> Tensor:
    """Radiance relative to each exposure, 1.0 is where it clips, brought to the scene's scale, `(N, 3, H, W)`."""
    return radiance / radiance.new_tensor(stops).exp2().view(-1, 1, 1, 1)
