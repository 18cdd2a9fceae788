"""What a metric says of itself; tables, colours, figures and training ask nothing else."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from torch import Tensor


@dataclass(frozen=True)
class Metric:
    """An image metric.

    Attributes:
        name: its name in the registry.
        title: as tables show it, without the unit.
        unit: such as dB; empty where it has none.
        decimals: that a table shows.
        better: whether higher or lower values are better.
        domain: what it compares: display-referred values, relative linear light, or luminance in cd/m^2.
        region: all pixels, or those that are clipped in the exposure that was reconstructed.
        range: smallest and largest possible value.
        source: who published it.
        function: of prediction and truth `(N, 3, H, W)` and, where the region is not `all`, the mask of its pixels
            `(N, H, W)`; returns `(N,)`, NaN where the region is empty.
    """

    name: str
    title: str
    unit: str
    decimals: int
    better: Literal["higher", "lower"]
    domain: Literal["display-referred", "relative linear", "absolute luminance"]
    region: Literal["all", "clipped"]
    range: tuple[float, float]
    source: str
    function: Callable[..., Tensor]

    def __call__(self, prediction: Tensor, truth: Tensor, clipped: Tensor) -> Tensor:
        """The metric of each image, `(N,)`.

        Args:
            prediction, truth: `(N, 3, H, W)`.
            clipped: pixels that are clipped in the input, bool `(N, H, W)`.
        """
        return self.function(prediction, truth, *([] if self.region == "all" else [clipped]))

    def improves(self, difference: float) -> bool:
        """Whether a difference is one for the better."""
        return difference > 0 if self.better == "higher" else difference < 0

    @property
    def heading(self) -> str:
        """Title and unit."""
        return f"{self.title} / {self.unit}" if self.unit else self.title
