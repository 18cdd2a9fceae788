"""The table of what each network of the benchmark should be better at."""

from collections.abc import Sequence

from metahdr.evaluation.claims import Judged
from metahdr.registry import METHODS, METRICS
from metahdr.report.benchmark import judged
from metahdr.report.cards import CardTable


def claim_table(claims: Sequence[Judged]) -> CardTable:
    """A row a claim, with what its interval says."""
    return CardTable(
        "Where the idea of each lies",
        "Each network against what is trivial there, whichever is best elsewhere. The networks saw few scenes for "
        "minutes: what is not told apart, or worse, says nothing of the published ones.",
        ["in", "against", "lead", ""],
        [(METHODS[each.claim.method].title, _cells(each)) for each in claims],
    )


def _cells(found: Judged) -> list[str]:
    claim, metric = found.claim, METRICS[found.claim.metric]
    where = "" if claim.region == "all" else f", {claim.region}"
    lead, verdict = judged(metric, found.lead, found.low, found.high)
    against = METHODS[claim.against].title
    return [metric.heading + where, against, lead, verdict or "not told apart at this size"]
