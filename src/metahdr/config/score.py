"""Section `score`."""

from typing import Annotated

from pydantic import AfterValidator, Field

from metahdr.config.base import Section
from metahdr.config.photometry import Photometry
from metahdr.registry import METHODS, METRICS, MethodName, MetricName

# Metrics of one publication alone, which are computed only where they are named.
BY_NAME = ("log_psnr", "log_ssim")
METAHDR = "metahdr"  # the method of the meta-trainings, and the variant that is trained as section meta says


def _is_beside_the_runs(name: str) -> str:
    if name == METAHDR:
        raise ValueError("it is scored by its trainings, which meta.label_sources names")
    return name


ScoredName = Annotated[MethodName, AfterValidator(_is_beside_the_runs)]


class Score(Section):
    """Metrics, the methods beside MetaHDR, and confidence intervals."""

    metrics: Annotated[list[MetricName], Field(min_length=1)] | None = None
    """names of the metrics; null: every registered one but log_psnr and log_ssim, which are the benchmark's
    (docs/methods.md)"""

    methods: list[ScoredName] | None = None
    """methods that are scored beside MetaHDR's trainings; null: every registered one that needs no download,
    but for the benchmark's (docs/methods.md); response only where the virtual camera takes the exposures"""

    confidence: Annotated[float, Field(gt=0, lt=1)] = 0.95
    """confidence level of the intervals over places and seeds"""

    photometry: Photometry = Photometry()
    strict: bool = False
    """stop where a prediction failed, instead of scoring it as an image of zeros"""

    def metric_names(self) -> list[str]:
        """The metrics that are computed, each once."""
        every = [name for name in METRICS if name not in BY_NAME]
        return list(dict.fromkeys(every if self.metrics is None else self.metrics))

    def method_names(self, response_known: bool = True) -> list[str]:
        """The methods that are scored beside MetaHDR's trainings, each once.

        Args:
            response_known: whether the virtual camera takes the exposures, so that its response is known.
        """
        if self.methods is not None:
            return list(dict.fromkeys(self.methods))
        return [
            name
            for name, method in METHODS.items()
            if name != METAHDR
            and not method.by_name
            and method.weights[:1] in ((), ("shipped",), ("train",))
            and (response_known or "response" not in method.uses)
        ]
