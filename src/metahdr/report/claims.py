"""The table of what each network of the benchmark should be better at."""

from collections.abc import Sequence

from metahdr.evaluation.claims import Judged
from metahdr.registry import METHODS, METRICS
from metahdr.report.cards import CardTable


def claim_table(judged: Sequence[Judged]) -> CardTable:
    """A row a claim, with what its interval says."""
    return CardTable(
        "Where the idea of each lies",
        "Each network against what is trivial there, whichever is best elsewhere. The networks saw few scenes for "
        "minutes: what is not told apart, or worse, says nothing of the published ones.",
        ["in", "against", "lead", ""],
        [(METHODS[each.claim.method].title, _cells(each)) for each in judged],
    )


def _cells(judged: Judged) -> list[str]:
    claim, metric = judged.claim, METRICS[judged.claim.metric]
    where = "" if claim.region == "all" else f", {claim.region}"
    lead, low, high = (f"{value:+.{metric.decimals}f}" for value in judged[1:])
    verdict = "not told apart at this size"
    if judged.low > 0 or judged.high < 0:
        verdict = "better" if metric.improves(judged.lead) else "worse"
    return [metric.heading + where, METHODS[claim.against].title, f"{lead} [{low}, {high}]", verdict]
