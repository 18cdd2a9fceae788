"""Section `prepare`."""

from typing import Annotated, Literal

from pydantic import Field

from metahdr.config.base import Count, Fraction, Positive, Section


class Prepare(Section):
    """From raw files to scenes: views, filters, scale."""

    size: Annotated[int, Field(ge=16, multiple_of=16)] = 128
    """width and height of a scene in pixels"""

    views: Count = 6
    """perspective views of one panorama, evenly spaced in azimuth"""

    field_of_view: Annotated[float, Field(gt=0, lt=180)] = 70.0
    """horizontal field of view of a panorama's view, in degrees"""

    crop: Annotated[int, Field(ge=16)] | None = None
    """side of a photograph's centre crop in pixels before it is scaled to size; null: the largest square"""

    align_exposures: bool = True
    """whether shifts between the exposures that a dataset brings, as of a hand-held camera, are found and
    undone; the overlap is kept"""

    min_dynamic_range: Annotated[float, Field(ge=0)] = 4.0
    """views with less dynamic range are dropped; in stops, from the 0.1 to the 99.9 percentile of luminance"""

    max_value: Positive | None = None
    """views with a larger value, as stored in the file, are dropped; null: none are"""

    normalise: Literal["none", "log1p_minmax"] = "none"
    """none; log1p_minmax: log(1 + x), scaled to [0, 1] in each view"""

    max_repaired: Fraction = 0.05
    """an image with a larger share of non-finite or negative pixels counts as bad; with a smaller one, these
    pixels are repaired"""

    on_bad_image: Literal["skip", "stop"] = "skip"
    """skip: leave a bad image out, with the reason in the scenes table; stop: end the run"""
