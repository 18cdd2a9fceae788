"""What a metric is, for scores, tables, colours, figures and training alike."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from torch import Tensor


def clipped_pixels(exposures: Tensor) -> Tensor:
    """Pixels with a channel at 255, of exposures in [0, 1], `(N, 3, H, W)` to bool `(N, H, W)`."""
    return exposures.amax(1) >= 1


@dataclass(frozen=True)
class Metric:
    """An image metric.

    Attributes:
        name: its name in the registry.
        title: as tables show it, without the unit.
        unit: such as dB; empty for a number without a unit.
        decimals: how many a table shows.
        better: whether higher or lower values are better.
        domain: what it compares: display-referred values, relative linear light, or luminance in cd/m^2.
        region: `all` pixels, or the `clipped` ones: a channel of the exposure that was reconstructed is at 255.
        range: its values are clipped to this, so that equal images have a finite PSNR and means stay finite.
        source: the publication, or the definition in words.
        function: takes prediction and truth, `(N, 3, H, W)`, and for the region `clipped` also the mask of its
            pixels, bool `(N, H, W)`; returns `(N,)`, NaN for an image whose region is empty.
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
        """The metric of each image in its range, `(N,)`; NaN for an image whose region is empty.

        Args:
            prediction, truth: linear light with the protocol's range, `(N, 3, H, W)`.
            clipped: pixels with a channel at 255 in the exposure that was reconstructed, bool `(N, H, W)`.
        """
        mask = () if self.region == "all" else (clipped,)
        return self.function(prediction, truth, *mask).clamp(*self.range)

    def improves(self, difference: float) -> bool:
        """Whether a value that is greater by `difference` is a better one."""
        return difference > 0 if self.better == "higher" else difference < 0

    @property
    def heading(self) -> str:
        """Title and unit: `PSNR / dB`."""
        return f"{self.title} / {self.unit}" if self.unit else self.title
