"""Section `radiance_study`."""

from typing import Literal

from metahdr.config.base import Section
from metahdr.config.score import ScoredName


class RadianceStudy(Section):
    """The radiance network judged. Not part of the default run (docs/hdr.md)."""

    ours: ScoredName = "radiance"
    """the method of single exposures that is judged"""

    bracket: ScoredName = "debevec_all"
    """the method of brackets that is judged"""

    split: Literal["test", "validation"] = "test"
    """whose scenes it is judged on; validation: to choose things with"""
