"""Section `expose`."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from metahdr.config.base import Fraction, Normal, PercentileRange, Section, increasing


class Expose(Section):
    """The exposures of a scene."""

    evs: Annotated[list[float], Field(min_length=2), AfterValidator(increasing)] = [-2.0, 0.0, 2.0]
    """EVs of a scene's exposures, increasing, at least two; 0: as metered"""

    method: Literal["camera", "percentile"] = "camera"
    """camera: the virtual camera; percentile: the paper's section 3.1"""

    metering_error: Annotated[float, Field(ge=0)] = 0.7
    """camera: standard deviation of the meter's error per scene, in stops"""

    response: Literal["sigmoid", "emor"] = "sigmoid"
    """camera: what responses are drawn from; sigmoid: (1 + sigma) x^n / (x^n + sigma) with the two keys below;
    emor: the model of measured curves (Grossberg and Nayar 2004), whose file emor.txt is yours to get
    (docs/hdr.md)"""

    camera_per: Literal["scene", "place"] = "scene"
    """camera: scene: every scene has a response of its own; place: all scenes of a place have the same, as
    taken with one camera"""

    response_n: Normal = [0.9, 0.1]
    """sigmoid: mean and standard deviation of n in the response"""

    response_sigma: Normal = [0.6, 0.1]
    """sigmoid: mean and standard deviation of sigma in the response"""

    noise: Annotated[float, Field(ge=0)] = 0.005
    """camera: standard deviation of the noise in the display-referred image"""

    jpeg_quality: Annotated[int, Field(ge=1, le=100)] | None = None
    """camera: quality of JPEG compression; null: no compression"""

    white: Annotated[int, Field(ge=200, le=255)] = 255
    """camera: value of a clipped channel; some cameras stop below 255"""

    percentiles: list[PercentileRange] = [[2.0, 99.9], [1.0, 97.0], [0.0, 85.0]]
    """percentile: the range of values that each exposure keeps, in percentiles, dark to bright"""

    max_saturated: Fraction = 0.9
    """an exposure with a larger share of saturated pixels is rejected with its scene"""

    max_black: Fraction = 0.9
    """an exposure with a larger share of black pixels is rejected with its scene"""
