"""Protocols: the range in which radiance is reconstructed and compared, and what a training is selected by."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from metahdr.metrics.fidelity import PSNR, SSIM
from metahdr.metrics.metric import Metric


@dataclass(frozen=True)
class Protocol:
    """What a training and its evaluation agree on.

    Attributes:
        range: smallest and largest value of the target; labels, truth and predictions are clipped to it.
        head: maps the output of a network's last layer to radiance in that range.
        selects: the metric by which the best checkpoint is chosen, on validation scenes after adaptation.
        validates: the metrics that are measured during training and stand in its history.
    """

    range: tuple[float, float]
    head: Callable[[Tensor], Tensor]
    selects: Metric
    validates: tuple[Metric, ...]

    def target(self, radiance: Tensor) -> Tensor:
        """Radiance clipped to the range."""
        return radiance.clamp(*self.range)


def sigmoid(x: Tensor) -> Tensor:
    return x.sigmoid()


# Pan and Vento 2021, sections 3.2 and 4: labels in [0, 1], a sigmoid, PSNR and SSIM of clipped linear values.
PAPER = Protocol(range=(0.0, 1.0), head=sigmoid, selects=SSIM, validates=(SSIM, PSNR))
