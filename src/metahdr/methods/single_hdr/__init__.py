"""SingleHDR (Liu et al. 2020): the steps of a camera, reversed one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from metahdr.errors import UserError
from metahdr.methods.base import Claim, in_scene_scale
from metahdr.methods.single_hdr.settings import SingleHDRTraining
from metahdr.methods.trained import TrainedMethod
from metahdr.training.inputs import TrainingInputs

if TYPE_CHECKING:
    from torch import Tensor

    from metahdr.methods.single_hdr.pipeline import Pipeline, Stages

LEAST = 16  # pixels; a smaller image would be less than half of what the networks pad it to


class SingleHDR(TrainedMethod):
    """SingleHDR's four networks in a row, of which each can be used by itself."""

    name = "single_hdr"
    title = "SingleHDR"
    citation = "Liu et al. 2020"
    licence = "none stated"
    published = "HDR-VDP-2 55.2 on VDS, 54.5 on HDR-Eye, 59.3 on RAISE (Kim, Lee and Kang 2020, Table 1)"
    claims = (Claim("single", "log_rmse", "clipped", "gamma_2"),)
    takes = "single"
    uses = frozenset({"exposure", "ev"})
    settings = SingleHDRTraining
    trains_on = "raw"

    @classmethod
    def build(cls, settings: SingleHDRTraining) -> Pipeline:
        """The networks, not trained; the model of responses is part of a weight file."""
        import torch

        from metahdr.methods.single_hdr.pipeline import Pipeline
        from metahdr.methods.single_hdr.responses import COMPONENTS, SAMPLES

        return Pipeline(torch.zeros(SAMPLES), torch.zeros(COMPONENTS, SAMPLES), settings.width)

    @classmethod
    def train(cls, inputs: TrainingInputs, model: Path, history: Path) -> None:
        from metahdr.methods.single_hdr.trainer import SingleHDRTrainer

        SingleHDRTrainer(inputs).produce(model, history)

    def stages(self, exposures: Tensor) -> Stages:
        """What each network makes of what the one before it made, and the responses.

        The networks take a large image in tiles, and its response from the image made smaller, so that no more
        memory is needed than for a tile.

        Args:
            exposures: display-referred in [0, 1], `(N, 3, H, W)`.

        Raises:
            UserError: the images are smaller than 16x16.
        """
        import torch

        height, width = exposures.shape[-2:]
        if min(height, width) < LEAST:
            raise UserError(
                f"{self.name}: found {width}x{height} pixels; its networks halve an image five times, and so it "
                f"must have {LEAST}x{LEAST} at least"
            )
        with torch.inference_mode():
            return self.network(exposures)

    def reconstruct(self, exposures: Tensor, stops: Sequence[float]) -> Tensor:
        import torch

        images = [self.stages(exposure[None]).refined for exposure in exposures]
        return in_scene_scale(torch.cat(images), stops)


class SingleHDRLinear(SingleHDR):
    """Its first two networks alone: the exposure without quantisation, through the inverse response."""

    name = "single_hdr_linear"
    title = "SingleHDR, linearisation alone"
    published = ""  # those are of all four networks
    claims = (Claim("single", "log_rmse", "unclipped", "gamma_2_2"),)
    weights_of = "single_hdr"

    def reconstruct(self, exposures: Tensor, stops: Sequence[float]) -> Tensor:
        import torch

        images = [self.stages(exposure[None]).linear for exposure in exposures]
        return in_scene_scale(torch.cat(images), stops)
