"""The contract of a reconstruction method: what the label stage, the tables and the command line know of one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple, Self

from metahdr.config.base import Section
from metahdr.errors import UserError
from metahdr.training.inputs import TrainingInputs

if TYPE_CHECKING:
    from torch import Tensor

    from metahdr.scenes.scene import Scene

Use = Literal["exposure", "ev", "support", "response", "truth"]

CALIBRATED = "calibrated"  # the mode of a method that knows cameras, see `methods.camera`


class Claim(NamedTuple):
    """What a method should be better at than another one: the benchmark tells whether it is (docs/methods.md).

    Attributes:
        setting: of the benchmark: `single`, `still` or `moving`.
        metric, region: in which it is measured.
        against: the other method's name.
    """

    setting: str
    metric: str
    region: str
    against: str


class Method(ABC):
    """One way to reconstruct the radiance of a scene from its exposures.

    A method is one file or folder with one subclass, and one line in `registry.yaml`. The workflow's rules read
    the facts below, which must not wait for torch: a method's file imports it inside the functions that compute.

    Attributes:
        name: its name in the registry, of letters, digits and `_.-`.
        title: as tables and figures show it.
        citation: who published it.
        licence: of the authors' code and weights; empty where there are none. The code here is this project's own.
        published: the scores that documents have of it, all on other images; empty where they have none.
        trivial: whether it is a method that others must beat to be worth their effort.
        claims: what it should be better at than others.
        takes: which exposures one reconstruction is made of. `single`: one. `stack`: the support set, without the
            held-out exposure. `bracket`: all of them. `labels`: none, but the labels of the support set; such a
            method must be adapted first.
        uses: what the method is told before any adaptation: the held-out `exposure`, its `ev`, the `support` set
            with its EVs. Only an oracle is told the camera's `response` or the `truth`.
        scale: `exposure`: the method computes radiance relative to an exposure and divides it by 2^stops.
            `scene`: it takes no notice of `stops`.
        adapts: whether the method has `adapt`.
        weights: names of the weight files that it loads, the default first: `shipped` is the file `shipped`,
            `train` is what `train` writes in the run, others are in `config/weights.yaml`. Empty where it needs
            none.
        weights_of: the method whose weight files these are; None: its own.
        shipped: the weight file that is installed with the package; None where there is none.
        settings: the section of the configuration that `train` takes; None where it takes none.
        trains_on: what `train` reads beside the table of scenes: `scenes`, radiance and exposures; `raw`, the raw
            files; `moving`, the scenes' moving brackets.
        by_name: whether it is scored only where `score.methods` names it.
        on_gpu: whether the workflow lets it reconstruct and adapt on a GPU, where there is one.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    citation: ClassVar[str] = "none"
    licence: ClassVar[str] = ""
    published: ClassVar[str] = ""
    trivial: ClassVar[bool] = False
    claims: ClassVar[tuple[Claim, ...]] = ()
    takes: ClassVar[Literal["single", "stack", "bracket", "labels"]]
    uses: ClassVar[frozenset[Use]]
    scale: ClassVar[Literal["exposure", "scene"]] = "exposure"
    adapts: ClassVar[bool] = False
    weights: ClassVar[tuple[str, ...]] = ()
    weights_of: ClassVar[str | None] = None
    shipped: ClassVar[Path | None] = None
    settings: ClassVar[type[Section] | None] = None
    trains_on: ClassVar[Literal["scenes", "raw", "moving"]] = "scenes"
    by_name: ClassVar[bool] = False
    on_gpu: ClassVar[bool] = False
    _trained_on: dict[str, str] = {}  # a method that knows its sources has its own

    @classmethod
    def is_oracle(cls) -> bool:
        """Whether the method must be told what no photograph tells: it bounds other methods."""
        return not cls.uses.isdisjoint({"response", "truth"})

    @classmethod
    def modes(cls, label_sources: list[str]) -> list[str]:
        """The modes of the method's reconstructions.

        `single`: from the held-out exposure alone; `adapted_<label source>`: the same, after adaptation to the
        other exposures with these labels; `stack`: from several exposures, of which a method that takes a bracket
        has the held-out one too.
        """
        first = {"single": ["single"], "stack": ["stack"], "bracket": ["stack"], "labels": []}[cls.takes]
        return first + [f"adapted_{source}" for source in label_sources if cls.adapts]

    @classmethod
    def inputs(cls, mode: str) -> frozenset[str]:
        """What a reconstruction is made of: the method's `uses`, and what adaptation adds.

        Adaptation and calibration add the `support` set. Adaptation to true labels also adds `support_truth`, the
        truth of the support exposures; where nothing moves, it is the scene's truth. A method is a fair baseline
        of another one if the other had all that it had. Example: `gamma_2` has exposure and EV, and so it is a
        baseline of `hdrcnn`, which has the same.
        """
        if mode != CALIBRATED and not mode.startswith("adapted_"):
            return cls.uses
        return cls.uses | {"support"} | ({"support_truth"} if mode == "adapted_true" else set())

    @classmethod
    def load(cls, weights: Path | None = None, device: str = "cpu") -> Self:
        """The method, ready to reconstruct.

        Args:
            weights: a weight file; None: the shipped one, where the method needs one.
            device: that it computes on.

        Raises:
            UserError: the file is missing, damaged or another method's, or None where nothing is shipped.
        """
        if not cls.weights:
            return cls()
        if path := weights or cls.shipped:
            return cls.read(path, device)
        file = "the authors' file (config/weights.yaml)"
        if "train" in cls.weights:
            file = f"a weight file of a run, {cls.weights_of or cls.name}.safetensors"
        raise UserError(f"{cls.name}: no weights are shipped; give {file}")

    @classmethod
    def read(cls, path: Path, device: str) -> Self:
        """The method with the weights of a file: what `load` asks of a method that has weights.

        Raises:
            UserError: the file is missing, damaged or another method's.
        """
        raise NotImplementedError

    @classmethod
    def train(cls, inputs: TrainingInputs, model: Path, history: Path) -> None:
        """Trains the method and writes its weight file; goes on where an earlier call was interrupted.

        Args:
            model: the weight file.
            history: CSV, a row a step.

        Raises:
            UserError: the method is not trained, or a file is missing, unreadable, or cannot be written.
        """
        raise UserError(f"{cls.name}: this method is not trained")

    @abstractmethod
    def reconstruct(self, exposures: Tensor, stops: Sequence[float]) -> Tensor:
        """Radiance in the scene's scale.

        Args:
            exposures: display-referred in [0, 1], `(N, 3, H, W)`, on the method's device.
            stops: of each exposure relative to the scene's scale, length N.

        Returns:
            Linear light, non-negative and finite: `(N, 3, H, W)` of a method that takes single exposures or
            labels, and `(1, 3, H, W)` of one that takes a stack or a bracket.

        Raises:
            UserError: an oracle was not told its scene, or a method that takes labels was not adapted.
        """

    def told(self, scene: Scene, index: int) -> Method:
        """The method, told what an oracle knows of a scene; every other method is the same as before.

        Args:
            index: of the exposure that is reconstructed.

        Raises:
            UserError: the scene does not have what the oracle is to know.
        """
        return self

    def adapt(self, exposures: Tensor, labels: Tensor, stops: Sequence[float]) -> Method:
        """The method adapted to a scene; the method itself does not change.

        Args:
            exposures: the support set, display-referred in [0, 1], `(S, 3, H, W)`.
            labels: their radiance in the scene's scale, `(S, 3, H, W)`.
            stops: of each exposure relative to the scene's scale, length S.
        """
        raise UserError(f"{self.name}: this method does not adapt")

    def compile(self) -> None:  # noqa: B027
        """Compiles the network, which pays for thousands of images of one size; does nothing without a network."""

    def trained_on(self) -> dict[str, str]:
        """The sources that the weights were trained on, with the SHA-256 of each raw HDR file.

        Empty where the sources are unknown; a hash is empty where only the name is known.
        """
        return self._trained_on


def in_scene_scale(radiance: Tensor, stops: Sequence[float]) -> Tensor:
    """Radiance in the scene's scale, given radiance for which each exposure clips at 1.0, `(N, 3, H, W)`."""
    return radiance / radiance.new_tensor(stops).exp2().view(-1, 1, 1, 1)


class Metered:
    """Mixin, first among the bases of a method of single exposures: it reconstructs without the exposure's EV.

    Each reconstruction is scaled to a log-average luminance of 0.18, as preparation scales a scene
    (`images.luminance.metered_scale`). A black one stays black.
    """

    uses: ClassVar[frozenset[Use]] = frozenset({"exposure"})
    scale = "scene"

    def reconstruct(self, exposures: Tensor, stops: Sequence[float]) -> Tensor:
        from metahdr.images.luminance import metered_scale

        radiance = super().reconstruct(exposures, [0.0] * len(exposures))
        images = radiance.cpu().numpy().transpose(0, 2, 3, 1)
        scales = [metered_scale(image) if image.any() else 0.0 for image in images]
        return radiance * radiance.new_tensor(scales).view(-1, 1, 1, 1)
