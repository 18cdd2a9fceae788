"""The table of what each network of the benchmark should be better at."""

from collections.abc import Sequence

from metahdr.evaluation.interval import with_interval
from metahdr.registry import METHODS, METRICS
from metahdr.report.table import Table, text_table, verdict
from metahdr.studies.benchmark.claims import Judged

SAID = {"up": "better", "down": "worse", "": "not told apart at this size"}


def claim_table(claims: Sequence[Judged]) -> Table:
    """A row a claim, with what its interval says."""
    return text_table(
        "Where the idea of each lies",
        ["in", "against", "lead", ""],
        [(METHODS[each.method].title, _cells(each)) for each in claims],
        "Each network against what is trivial there, whichever is best elsewhere. The networks saw few scenes for "
        "minutes: what is not told apart, or worse, says nothing of the published ones.",
    )


def _cells(found: Judged) -> list[str]:
    claim, metric = found.claim, METRICS[found.claim.metric]
    where = "" if claim.region == "all" else f", {claim.region}"
    lead = with_interval(found.lead, found.low, found.high, metric.decimals)
    against = METHODS[claim.against].title
    return [metric.heading + where, against, lead, SAID[verdict(metric, found.low, found.high)]]
