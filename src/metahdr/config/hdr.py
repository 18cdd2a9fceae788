"""Section `hdr`."""

from typing import Literal

from pydantic import Field

from metahdr.config.base import Section
from metahdr.config.score import MethodName


class Hdr(Section):
    """The judgement of the radiance network: `snakemake hdr --configfile config/hdr.yaml`, docs/hdr.md."""

    ours: MethodName = Field("radiance", description="the method of single exposures that is judged")
    bracket: MethodName = Field("debevec_all", description="the method of brackets that is judged")
    split: Literal["test", "validation"] = Field(
        "test", description="whose scenes it is judged on; validation: to choose things with"
    )
