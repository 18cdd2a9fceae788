"""Whether a network is better than what is trivial where its idea lies."""

import numpy as np
import pandas as pd
import pytest

from metahdr.registry import METHODS, METRICS
from metahdr.studies.benchmark.claims import claim_table, judge
from metahdr.studies.benchmark.scores import SETTINGS

METHODS_OF_THE_RUN = ["gamma_2", "wu_unet", "wu_resnet", "debevec_all", "ahdrnet", "stack"]


def rows(method, values, metric="mu_psnr", region="moved"):
    """A value for each of three places, of one scene each."""
    held = {"method": method, "fold": 0, "ev": 0.0, "metric": metric, "region": region}
    return [held | {"place": f"p{i}", "scene": f"s{i}", "value": value} for i, value in enumerate(values)]


@pytest.fixture
def scores():
    moving = rows("debevec_all", (20, 21, 22)) + rows("ahdrnet", (24, 24, 25)) + rows("wu_unet", (20, 21, 24))
    single = rows("gamma_2", (1, 1.5, 2), "log_rmse", "all") + rows("stack", (1.2, 1.8, 2.3), "log_rmse", "all")
    return {"moving": pd.DataFrame(moving), "single": pd.DataFrame(single)}


def test_the_lead_of_each_scored_method_is_paired_by_place(scores):
    wu, ahdrnet, stack = judge(METHODS_OF_THE_RUN, scores, 0.95)
    assert [each.method for each in (wu, ahdrnet, stack)] == ["wu_unet", "ahdrnet", "stack"]
    gaps = np.array([4, 3, 3])
    half = 4.302653 * gaps.std(ddof=1) / 3**0.5  # Student's t for two degrees of freedom
    assert (ahdrnet.lead, ahdrnet.low, ahdrnet.high) == pytest.approx(
        (gaps.mean(), gaps.mean() - half, gaps.mean() + half)
    )


def test_the_table_says_better_worse_or_not_told_apart(scores):
    table = claim_table(judge(METHODS_OF_THE_RUN, scores, 0.95))
    cells = [[entry.mean for entry in row.entries] for row in table.groups[0][1]]
    assert [(row.title, row.entries[-1].mean) for row in table.groups[0][1]] == [
        ("Wu, U-Net", "not told apart at this size"),
        ("AHDRNet", "better"),
        ("Differentiable HDR synthesis", "worse"),  # of an error, more is worse
    ]
    assert cells[1][:2] == ["μ-law PSNR / dB, moved", "Debevec merge of all exposures"]
    assert cells[2][0] == "log RMSE / stops"


def test_claims_name_what_is_registered_and_every_trained_network():
    claims = {name: method.claims for name, method in METHODS.items() if method.claims}
    for claim in [claim for several in claims.values() for claim in several]:
        assert claim.setting in SETTINGS and claim.metric in METRICS and METHODS[claim.against].trivial
    trained = {name for name, method in METHODS.items() if method.by_name and method.weights == ("train",)}
    assert trained == claims.keys()


def test_what_is_trivial_takes_no_training_and_claims_nothing():
    trivial = {name for name, method in METHODS.items() if method.trivial}
    assert trivial == {
        *("ldr", "gamma_2", "gamma_2_2", "gamma_2_metered", "debevec", "debevec_all"),
        *("merge_aligned", "merge_deghosted", "merge_flow", "merge_flow_deghosted"),
    }
    assert all(not METHODS[name].weights and not METHODS[name].claims for name in trivial)
