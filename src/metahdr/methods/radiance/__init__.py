"""The shipped radiance network: a response curve, and the light that clipping took away."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING, Self

from metahdr.camera.curve import Curve
from metahdr.errors import UserError
from metahdr.methods.base import Metered, Method, in_scene_scale
from metahdr.methods.radiance.settings import RadianceTraining
from metahdr.training.inputs import TrainingInputs

if TYPE_CHECKING:
    from torch import Tensor

    from metahdr.nets.radiance import RadianceNet


FINE_TUNING = 0.001  # rate of `fine_tune`; .01 and .03 were not better over all queries of validation places


class Radiance(Method):
    """The radiance network, for an unknown camera or a calibrated one.

    The networks see an image at bounded sizes; what they add in log light is brought to the image's own size and
    applied pixel by pixel. So a large photograph costs little, and no tile can show a seam.

    Args:
        network: as trained.
        trained_on: see `trained_on`.
    """

    name = "radiance"
    title = "MetaHDR radiance"
    citation = "this project"
    takes = "single"
    uses = frozenset({"exposure", "ev"})
    adapts = True
    weights = ("shipped", "train")
    shipped = Path(__file__).parents[2] / "models" / "radiance.safetensors"
    settings = RadianceTraining
    trains_on = "raw"

    def __init__(self, network: RadianceNet, trained_on: dict[str, str] | None = None):
        self.network = network
        self.curve: Curve | None = None
        self._trained_on = trained_on or {}

    @classmethod
    def load(cls, weights: Path | None = None, device: str = "cpu") -> Self:
        from metahdr.weights.ours import read_facts
        from metahdr.weights.radiance import load_radiance

        path = weights or cls.shipped
        return cls(load_radiance(path).to(device), read_facts(path).get("trained_on", {}))

    @classmethod
    def train(cls, inputs: TrainingInputs, model: Path, history: Path) -> None:
        from metahdr.methods.radiance.trainer import train

        train(inputs, model, history)

    def with_camera(self, curve: Curve) -> Self:
        """The method for a camera whose response is known: no curve is proposed any more."""
        known = copy(self)
        known.curve = curve
        return known

    def adapt(self, exposures: Tensor, labels: Tensor, stops: Sequence[float]) -> Self:
        """The method adapted to bracketed exposures; where no camera is known, it is calibrated on them first.

        Args:
            exposures, labels, stops: as every method takes them. The exposures may be of several views of a place
                if the camera is known, else they are one bracket. What the darkest one clips is not learned from.
        """
        import torch

        from metahdr.methods.radiance.apply import tables
        from metahdr.methods.radiance.place import adapted, correction, observe

        method = self if self.curve else self.with_camera(_calibrated(exposures, stops))
        lights = labels * labels.new_tensor(stops).exp2().view(-1, 1, 1, 1)
        evidence, limits = [], method._shown(stops)
        for exposure, light, limit in zip(exposures[:, None], lights[:, None], limits, strict=True):
            table = tables(self.network, exposure, method.curve)
            evidence.append(observe(self.network, exposure, table, light, limit))
        with torch.no_grad():
            change = correction(self.network, [seen for seen in evidence if seen])
        method = copy(method)
        method.network = adapted(self.network, change)
        return method

    def fine_tune(
        self, exposures: Tensor, labels: Tensor, stops: Sequence[float], rate: float = FINE_TUNING
    ) -> Self:
        """The method after plain gradient descent on bracketed exposures: the control of `adapt`.

        Args:
            exposures, labels, stops: as `adapt` takes them; the camera must be known.
        """
        from metahdr.methods.radiance.apply import tables
        from metahdr.methods.radiance.place import fine_tuned

        lights = labels * labels.new_tensor(stops).exp2().view(-1, 1, 1, 1)
        table = tables(self.network, exposures[:1], self.curve)
        tuned = copy(self)
        tuned.network = fine_tuned(self.network, exposures, table, lights, self._shown(stops), rate)
        return tuned

    def _shown(self, stops: Sequence[float]) -> list[float]:
        """Up to what light a shorter exposure shows what each clips; what the merge calls clipped shows none."""
        from metahdr.brackets.merge import CLIPPED

        least, most = min(stops), float(self.curve.inverse(CLIPPED / 255))
        return [most * 2.0 ** (stop - least) if stop > least else 0.0 for stop in stops]

    def camera_state(self) -> dict[str, Tensor]:
        """What `with_state` needs to be this method again: the response and the head."""
        import torch

        head = {f"head.{name}": value for name, value in self.network.head.state_dict().items()}
        return head | ({"curve": torch.from_numpy(self.curve.exposures)} if self.curve else {})

    def with_state(self, state: dict[str, Tensor]) -> Self:
        """The method of a camera and a place.

        Raises:
            UserError: the state is not one of this method.
        """
        from copy import deepcopy

        import numpy as np

        known = copy(self)
        known.network = deepcopy(self.network)
        head = {name.removeprefix("head."): value for name, value in state.items() if name != "curve"}
        try:
            known.network.head.load_state_dict(head)
        except RuntimeError:
            raise UserError("not a camera of the method radiance; adapt again") from None
        if "curve" in state:
            table = state["curve"].double().numpy()
            rising = table.ndim == 1 and len(table) > 1 and (np.diff(table) >= 0).all()
            if not (rising and abs(table[0]) < 1e-6 and abs(table[-1] - 1) < 1e-6):
                raise UserError("not a camera of the method radiance; adapt again")
            known.curve = Curve(table)
        return known

    def reconstruct(self, exposures: Tensor, stops: Sequence[float]) -> Tensor:
        import torch

        from metahdr.methods.radiance.apply import reconstruct

        with torch.inference_mode():
            images = [reconstruct(self.network, exposure[None], self.curve) for exposure in exposures]
        return in_scene_scale(torch.cat(images), stops)

    def trained_on(self) -> dict[str, str]:
        return self._trained_on


def _calibrated(exposures: Tensor, stops: Sequence[float]) -> Curve:
    """The response that a bracket shows."""
    from metahdr.brackets.merge import inverse_response
    from metahdr.images.files import pixels

    return Curve(inverse_response(pixels(exposures), list(stops)))


class RadianceMetered(Metered, Radiance):
    """The same with the exposure's EV unknown: brought to where a meter would put the scene."""

    name = "radiance_metered"
    title = "MetaHDR radiance, metered"
    weights_of = "radiance"
