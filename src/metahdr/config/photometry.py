"""Section `score.photometry`."""

from typing import Annotated, Literal

from pydantic import Field

from metahdr.config.base import Positive, Section


class Photometry(Section):
    """How relative radiance becomes light in cd/m^2 and pixels become degrees, for the metrics of human vision."""

    percentile: Annotated[float, Field(gt=0, le=100)] = 99.9
    """percentile of the truth's luminance that is shown at `luminance`"""

    luminance: Annotated[float, Field(gt=0, le=10000)] = 1000.0
    """cd/m^2 of that percentile; HDR displays reach 1000"""

    display: Literal["standard_hdr_linear", "standard_hdr_linear_dark", "standard_hdr_linear_zoom"] = (
        "standard_hdr_linear"
    )
    """ColorVideoVDP's display, with its peak, black level and light of the room: standard_hdr_linear has 1500
    cd/m^2 and 10 lux"""

    ppd: Positive = 75.4
    """pixels per degree, for ColorVideoVDP and FLIP alike; 75.4 is what standard_hdr_linear has: a 30-inch 4K
    display, seen from twice its height"""
