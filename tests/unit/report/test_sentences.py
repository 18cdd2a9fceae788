import numpy as np
import pandas as pd
import pytest

from metahdr.evaluation.scores import failures
from metahdr.report.results import Cell, Results
from metahdr.report.sentences import findings, limits
from metahdr.tables import read_table, write_table

ADAPTED = Cell("metahdr", "simulated", "adapted_simulated")
DEBEVEC = Cell("debevec", "none", "stack")


def test_a_method_that_does_not_beat_the_best_baseline_says_so_by_itself(data):
    first, *_ = findings(Results(data, 0.95))
    assert (
        "MetaHDR, adapted with simulated labels (trained with simulated labels) is beaten by Debevec merge"
        in first
    )
    assert "PSNR −7.9" in first


def test_the_single_shot_is_compared_with_those_that_were_given_the_exposure_alone(data):
    second = findings(Results(data, 0.95))[1]
    assert "MetaHDR, single shot (trained with simulated labels)" in second and "LDR, no reconstruction" in second
    assert "Debevec" not in second


def test_one_that_beats_it_says_that(make_run):
    first, *_ = findings(Results(make_run({DEBEVEC: 18.0, ADAPTED: 22.0}), 0.95))
    assert "beats Debevec merge" in first and "PSNR +4.09" in first and "beaten" not in first


def test_one_whose_interval_holds_0_is_not_told_apart(make_run):
    first, *_ = findings(Results(make_run({DEBEVEC: 22.1, ADAPTED: 22.0}), 0.95))  # 22.1 over both seeds
    assert "cannot be told apart from Debevec merge" in first


def test_a_gain_larger_than_its_interval_and_the_seeds_spread_is_a_change(data):
    gain = findings(Results(data, 0.95))[2]
    assert gain.startswith("Adaptation changes the network's own single shot by SSIM +0.0")
    assert "PSNR +2.0" in gain and "spread over seeds" not in gain


def test_a_gain_within_the_spread_over_seeds_is_said_to_be_so(make_run):
    gain = findings(Results(make_run({ADAPTED: 20.15}), 0.95))[2]  # seeds differ by 0.2
    assert gain.startswith(
        "What adaptation changes is within the spread over seeds, or the interval holds 0: SSIM"
    )


def test_the_control_decides(make_run, data):
    control = findings(Results(data, 0.95))[3]
    # 22 after adaptation; the control has 20.05, and 22.05 after adaptation
    assert "in PU21-PSNR crf over its single shot +1.9" in control and control.count("better") == 2
    assert "without meta-learning: in PSNR over its single shot +1.9" in control
    assert "over it adapted alike −0.0" in control and control.endswith(
        (", not told apart.", "spread over seeds.")
    )
    worse = findings(Results(make_run({Cell("joint", "simulated", "single"): 25.0}), 0.95))[3]
    assert "over its single shot −3.0" in worse and worse.count("worse") == 2


def test_few_places_seeds_and_choices_are_said(data):
    places, seeds, _, choices, failures = limits(Results(data, 0.95))
    assert "views of 2 places" in places and "with 2 of them nothing shows whether they do" in places
    assert "2 seeds" in seeds and "PU21-PSNR crf 0.2" in seeds
    assert choices.startswith("2 configurations of meta-training tried in this run (4 networks)")
    assert "4 checkpoints were compared" in choices
    assert failures == "No prediction failed."


def test_the_share_of_the_truth_that_the_protocol_cuts_is_counted(data):
    results = Results(data, 0.95)
    values = pd.concat([pd.Series(scene.hdr.numpy().ravel()) for scene in results])
    share = 100 * (values > 1).mean()
    clipping = limits(results)[2]
    assert f"concerns {share:.1f} % of the truth's values" in clipping
    # whatever EV 0 lost was at 1 or above, but for the rounding to 255 and the noise
    (of_ev_0,) = [part for part in clipping.split(", ") if part.endswith("at EV +0")]
    assert float(of_ev_0.split(" %")[0].split()[-1]) > 90


def test_failures_are_counted_once_for_all_their_metrics(make_run):
    data = make_run()
    scores = read_table(data / "scores.csv")
    name = scores.scene[0]
    failed = (scores.scene == name) & (scores.ev == 0) & (scores.method == "ldr")
    scores["failed"] = np.where(failed, "nan", None)
    write_table(data / "scores.csv", scores)
    results = Results(data, 0.95)
    assert limits(results)[-1].startswith("1 failed prediction (1 nan)")
    assert list(failures(results.scores).scene) == [name]


def test_a_run_without_a_control_or_a_baseline_says_less(make_run):
    data = make_run()
    for name in ("scores.csv", "summary.csv"):
        table = read_table(data / name)
        table = table[(table.method == "metahdr")]
        write_table(data / name, table.assign(best=None) if "best" in table else table)
    assert len(findings(Results(data, 0.95))) == 1


@pytest.mark.parametrize("text", ["nan", "None"])
def test_no_missing_number_is_printed(data, text):
    results = Results(data, 0.95)
    assert not [s for s in findings(results) + limits(results) if f" {text}" in s]
