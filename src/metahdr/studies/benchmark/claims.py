"""Whether each network of the benchmark is better than what is trivial where its idea lies."""

from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd

from metahdr.evaluation.comparison import compare
from metahdr.methods.base import Claim
from metahdr.registry import METHODS


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
    for method, claim in [(name, claim) for name in methods for claim in METHODS[name].claims]:
        rows = scores[claim.setting]
        rows = rows[(rows.metric == claim.metric) & (rows.region == claim.region)]
        rows = rows[rows.method.isin([method, claim.against])]
        if rows.method.nunique() == 2:
            rows = rows[["place", "fold", "scene", "ev", "method", "metric", "region", "value"]]
            against = {"lead": lambda cell, other=claim.against: type(cell)(other)}
            row = compare(rows, ["method"], "place", against, confidence).set_index("method").loc[method]
            found.append(Judged(method, claim, row.lead, row.lead_low, row.lead_high))
    return found
