"""Whether each network of the benchmark is better than what is trivial where its idea lies."""

from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd

from metahdr.evaluation.comparison import compare
from metahdr.evaluation.interval import with_interval
from metahdr.methods.base import Claim
from metahdr.registry import METHODS, METRICS
from metahdr.report.table import Table, text_table, verdict

SAID = {"up": "better", "down": "worse", "": "not told apart at this size"}


class Judged(NamedTuple):
    """A method's claim, with the lead over the other method and its interval over places."""

    method: str
    claim: Claim
    lead: float
    low: float
    high: float


def judge(methods: Sequence[str], scores: dict[str, pd.DataFrame], confidence: float) -> list[Judged]:
    """The claims of some methods, where these and the others were scored.

    Args:
        methods: their names.
        scores: from `by_setting`.
        confidence: of the intervals.
    """
    found = []
    for method, claim in ((name, claim) for name in methods for claim in METHODS[name].claims):
        rows = scores[claim.setting]
        rows = rows[(rows.metric == claim.metric) & (rows.region == claim.region)]
        rows = rows[rows.method.isin([method, claim.against])]
        if rows.method.nunique() == 2:
            against = {"lead": {"method": claim.against}}
            row = compare(rows, ["method"], against, confidence).set_index("method").loc[method]
            found.append(Judged(method, claim, row.lead, row.lead_low, row.lead_high))
    return found


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
