"""Whether each network of the benchmark is better than what is trivial where its idea lies."""

from typing import NamedTuple

import pandas as pd

from metahdr.evaluation.comparison import compare


class Claim(NamedTuple):
    """What a method should be better at than another one.

    Attributes:
        method: that claims it.
        setting: of `SETTINGS` in `scores.py`.
        metric, region: in which it is measured.
        against: the other method.
    """

    method: str
    setting: str
    metric: str
    region: str
    against: str


MERGES = ("kalantari_direct", "kalantari_we", "kalantari_wie", "wu_unet", "wu_resnet", "ahdrnet")
CLAIMS = [
    *(Claim(name, "moving", "mu_psnr", "moved", "debevec_all") for name in MERGES),
    Claim("single_hdr_linear", "single", "log_rmse", "unclipped", "gamma_2_2"),
    Claim("single_hdr", "single", "log_rmse", "clipped", "gamma_2"),
    Claim("stack", "single", "log_rmse", "all", "gamma_2"),
    Claim("autoencoder", "single", "log_rmse", "all", "gamma_2"),
]


class Judged(NamedTuple):
    """A claim, with the lead over the other method and its interval over places."""

    claim: Claim
    lead: float
    low: float
    high: float


def judge(scores: dict[str, pd.DataFrame], confidence: float) -> list[Judged]:
    """The claims of the methods that were scored.

    Args:
        scores: from `by_setting`.
        confidence: of the intervals.
    """
    found = []
    for claim in CLAIMS:
        rows = scores[claim.setting]
        rows = rows[(rows.metric == claim.metric) & (rows.region == claim.region)]
        rows = rows[rows.method.isin([claim.method, claim.against])]
        if rows.method.nunique() == 2:
            rows = rows[["place", "fold", "scene", "ev", "method", "metric", "region", "value"]]
            against = {"lead": lambda cell, other=claim.against: type(cell)(other)}
            row = compare(rows, ["method"], "place", against, confidence).set_index("method").loc[claim.method]
            found.append(Judged(claim, row.lead, row.lead_low, row.lead_high))
    return found
