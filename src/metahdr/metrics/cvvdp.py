"""ColorVideoVDP (Mantiuk et al. 2024), as its authors' package computes it."""

import logging
import sys
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING

import torch
from torch import Tensor

import metahdr.nets.torchvision_cpu  # noqa: F401  before pycvvdp, which imports torchvision
from metahdr.config.photometry import Photometry
from metahdr.metrics.metric import Metric

if TYPE_CHECKING:
    from pycvvdp import cvvdp as Model

# Packages that it imports for video files and for networks to download, which the metric of images does not need.
_NOT_NEEDED = ("ffmpeg", "huggingface_hub", "einops", "einops.layers", "einops.layers.torch")


def cvvdp(prediction: Tensor, truth: Tensor, photometry: Photometry) -> Tensor:
    """Quality in JOD, 10 for equal images, `(1, 3, H, W)` to `(1,)`; light in cd/m^2.

    With a difference of 1 JOD, 75 % of observers prefer the better image. The photometry's display cuts the light
    at its peak and its black level, and reflects the light of the room.
    """
    quality, _ = _model(photometry.display, photometry.ppd).predict(
        prediction.float(), truth.float(), dim_order="BCHW"
    )
    return quality[None].double()


@cache
def _model(display: str, ppd: float) -> "Model":
    """The metric for one display, loaded once a process."""
    package = _load()
    # Of every dark image it warns that the light may not be in cd/m^2; here it always is.
    logging.getLogger().addFilter(lambda record: "pycvvdp" not in record.pathname)
    geometry = package.vvdp_display_geometry((1, 1), ppd=ppd)
    return package.cvvdp(display_name=display, display_geometry=geometry, device=torch.device("cpu"))


def _load() -> ModuleType:
    """The package, with placeholders for the modules that it imports and images do not need."""
    there = {name: sys.modules[name] for name in _NOT_NEEDED if name in sys.modules}
    sys.modules |= {name: _Placeholder(name) for name in _NOT_NEEDED}
    try:
        import pycvvdp
    finally:
        for name in _NOT_NEEDED:
            del sys.modules[name]
        sys.modules |= there
    return pycvvdp


class _Placeholder(ModuleType):
    def __getattr__(self, name: str) -> None:
        return None


CVVDP = Metric(
    name="cvvdp",
    title="ColorVideoVDP",
    unit="JOD",
    decimals=2,
    better="higher",
    domain="luminance",
    alignments=("plain", "crf"),
    range=(-100.0, 10.0),
    source="Mantiuk et al. 2024, version 0.5.7, at the photometry's display and pixels per degree",
    function=cvvdp,
)
