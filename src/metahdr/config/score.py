"""Section `score`."""

from typing import Annotated

from pydantic import Field

from metahdr.config.base import Count, Section


class Score(Section):
    """Metrics and their confidence intervals."""

    bootstrap: Count = Field(10000, description="resamples of the paired bootstrap")
    confidence: Annotated[float, Field(gt=0, lt=1)] = Field(0.95, description="of the intervals")
