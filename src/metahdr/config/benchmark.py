"""Section `benchmark`."""

from typing import Annotated

from pydantic import Field

from metahdr.config.base import Count, Section

Size = Annotated[list[Count], Field(min_length=2, max_length=2)]


class Benchmark(Section):
    """The field's methods side by side. Not part of the default run (docs/methods.md)."""

    sizes: Annotated[list[Size], Field(min_length=1)] = [[512, 512], [4000, 3000]]
    """width and height in pixels of the images of which seconds and memory are measured"""

    in_report: bool = False
    """make the benchmark's tables a section of the report"""

    shown: Count = 8
    """number of scenes whose pictures are shown"""
