"""What a metric is, for scores, tables, colours, figures and training alike."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from torch import Tensor

ALIGNMENTS = ("plain", "scale", "crf")
REGIONS = ("all", "clipped", "unclipped")
MOVING_REGIONS = ("all", "moved", "still")
ALL = ("all",)


def clipped_pixels(exposures: Tensor) -> Tensor:
    """Pixels with a channel at 255, of exposures in [0, 1], `(N, 3, H, W)` to bool `(N, H, W)`."""
    return exposures.amax(1) >= 1


@dataclass(frozen=True)
class Metric:
    """An image metric.

    Attributes:
        name: its name in the registry.
        title: as tables show it, without the unit.
        better: whether higher or lower values are better.
        domain: what it compares, RGB with BT.709 primaries.
            `clipped`: radiance in the scene's scale, clipped to the protocol's range.
            `linear`: linear light, not clipped; 1.0 is the truth's luminance at the photometry's percentile.
            `luminance`: the same in cd/m^2, by the photometry, float32; the others are float64.
        range: its values are clipped to this, so that equal images have a finite PSNR and means stay finite.
        source: the publication, or the definition in words.
        function: takes prediction and truth, `(N, 3, H, W)`, and returns `(N,)`. It is given what else it has as
            arguments. `mask`, bool `(R, H, W)`, has the pixels to measure: one mask an image (R = N), or several
            of one image. The result is then `(R,)`, NaN where a mask is empty. A metric with other regions than
            `all` needs it. `photometry` is section `score.photometry`, `weights` the path of the file below.
        unit: such as dB; empty for a number without a unit.
        decimals: how many a table shows.
        alignments: in which of `ALIGNMENTS` it is computed (`metrics/alignment.py`).
        regions: over which of `REGIONS` it is computed where nothing moves. A pixel is clipped where a channel of
            the exposure that was reconstructed is at 255.
        weights: name in `config/weights.yaml` of a file that it needs.
    """

    name: str
    title: str
    better: Literal["higher", "lower"]
    domain: Literal["clipped", "linear", "luminance"]
    range: tuple[float, float]
    source: str
    function: Callable[..., Tensor]
    unit: str = ""
    decimals: int = 4
    alignments: tuple[str, ...] = ("plain",)
    regions: tuple[str, ...] = ALL
    weights: str | None = None

    def __call__(self, prediction: Tensor, truth: Tensor, **more: object) -> Tensor:
        """`function`'s values, clipped to the range; arguments that it does not take are left out."""
        taken = {name: value for name, value in more.items() if name in self._arguments}
        return self.function(prediction, truth, **taken).clamp(*self.range)

    def regions_of(self, moving: bool) -> tuple[str, ...]:
        """The regions of a scene: `regions`; of a moving one `MOVING_REGIONS`, where the function takes a mask."""
        if not moving:
            return self.regions
        return MOVING_REGIONS if "mask" in self._arguments else ALL

    @cached_property
    def _arguments(self) -> frozenset[str]:
        return frozenset(inspect.signature(self.function).parameters)

    def improves(self, difference: float) -> bool:
        """Whether a value is better if `difference` is added to it."""
        return difference > 0 if self.better == "higher" else difference < 0

    @property
    def heading(self) -> str:
        """Title and unit: `PSNR / dB`."""
        return f"{self.title} / {self.unit}" if self.unit else self.title
