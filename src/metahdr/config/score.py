"""Section `score`."""

from typing import Annotated

from pydantic import AfterValidator, Field

from metahdr.config.base import Count, Section
from metahdr.registry import METHODS, METRICS

MetricName = Annotated[str, AfterValidator(METRICS.check)]


def _does_not_adapt(name: str) -> str:
    if METHODS[name].adapts:
        raise ValueError("a method that adapts is scored by its runs; meta.runs names those of metahdr")
    return name


MethodName = Annotated[str, AfterValidator(METHODS.check), AfterValidator(_does_not_adapt)]


class Score(Section):
    """Metrics, the methods beside MetaHDR, and confidence intervals."""

    metrics: Annotated[list[MetricName], Field(min_length=1)] | None = Field(
        None, description="names of the metrics; null: every registered one"
    )
    methods: list[MethodName] | None = Field(
        None,
        description="methods that are scored beside MetaHDR's runs; null: every registered one that neither "
        "adapts nor needs a training or a download",
    )
    bootstrap: Count = Field(10000, description="resamples of the paired bootstrap")
    confidence: Annotated[float, Field(gt=0, lt=1)] = Field(0.95, description="confidence level of the intervals")

    def metric_names(self) -> list[str]:
        """The metrics that are computed, each once."""
        return list(dict.fromkeys(METRICS if self.metrics is None else self.metrics))

    def method_names(self) -> list[str]:
        """The methods that are scored beside MetaHDR's runs, each once."""
        if self.methods is not None:
            return list(dict.fromkeys(self.methods))
        return [
            name
            for name, method in METHODS.items()
            if not method.adapts and (not method.weights or method.weights[0] == "shipped")
        ]
