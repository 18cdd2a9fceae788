"""The criteria that the radiance network is held to, measured on the rows of `judge_radiance`."""

import math
from itertools import product
from typing import Literal, NamedTuple

import pandas as pd

from metahdr.evaluation.comparison import pair
from metahdr.evaluation.interval import mean_interval
from metahdr.studies.radiance.scores import ALONE, SATURATION, TRUTH


class Criterion(NamedTuple):
    """One criterion: a paired difference of means, or a ratio of them, between two arms.

    Attributes:
        text: what is asked.
        setting, ours, theirs: the setting and its two arms.
        metric, alignment, region: what is measured.
        least, most: it is met where the number is between these.
        excludes: what the interval must exclude too; None: nothing.
        ev: of the queries; None: all.
        dark: of near-black scenes, or of others; None: all.
        kind: difference, ours - theirs; ratio, the mean of ours over that of theirs.
    """

    text: str
    setting: str
    ours: str
    theirs: str
    metric: str
    alignment: str = "plain"
    region: str = "all"
    least: float = -math.inf
    most: float = math.inf
    excludes: float | None = None
    ev: float | None = None
    dark: bool | None = None
    kind: Literal["difference", "ratio"] = "difference"


class Measured(NamedTuple):
    """A criterion's number with its interval over places; NaN and None where nothing was measured."""

    value: float
    low: float
    high: float
    count: int
    met: bool | None


def criteria(ours: str, bracket: str, evs: list[float]) -> list[Criterion]:
    """All criteria.

    Args:
        ours: name of the method that is judged, of single exposures.
        bracket: name of the method of brackets.
        evs: of the queries; the brightest one has criteria of its own.
    """
    found = [
        Criterion("at least 2 dB more than HDR-CNN", "single", ours, "hdrcnn", "pu21_psnr", "crf", least=2),
        Criterion("at least 0.8 JOD more than HDR-CNN", "single", ours, "hdrcnn", "cvvdp", "crf", least=0.8),
        Criterion("at most 0.6 of HDR-CNN's error", "single", ours, "hdrcnn", "log_rmse", most=0.6, kind="ratio"),
    ]
    for theirs, ev in product(("hdrcnn", "expandnet"), (None, max(evs))):
        text = f"less error than {theirs} where clipped" + ("" if ev is None else f", at EV {ev:+g}")
        arms = ("single", ours, theirs, "log_rmse", "plain", "clipped")
        found.append(Criterion(text, *arms, most=0, excludes=0, ev=ev))
    text = "saturation of white pixels within a factor of two of the truth's"
    arms = ("single", ours, TRUTH, SATURATION, "plain", "white")
    found.append(Criterion(text, *arms, least=0.5, most=2, kind="ratio"))
    text = "response calibrated on one bracket: at least 1 dB more than its own single shot"
    found.append(Criterion(text, "place", "camera", ALONE, "pu21_psnr", least=1))
    for alignment, region, dark in product(("crf", "plain"), ("all", "unclipped"), (None, True)):
        text = "a bracket: not worse than the merge by more than 0.1 dB" + (", near-black" if dark else "")
        arms = ("bracket", bracket, "debevec_all", "pu21_psnr", alignment, region)
        found.append(Criterion(text, *arms, least=-0.1, dark=dark))
    text = "a bracket: at most 0.75 of the merge's error in pixels that all exposures clip"
    arms = ("bracket", bracket, "debevec_all", "log_rmse", "plain", "clipped")
    found.append(Criterion(text, *arms, most=0.75, kind="ratio"))
    for alignment, dark in product(("crf", "plain"), (None, True)):
        text = "the merge: ahead of OpenCV's" + (", near-black" if dark else "")
        arms = ("bracket", "debevec_all", "opencv_merge", "pu21_psnr", alignment)
        found.append(Criterion(text, *arms, least=0, dark=dark))
    return found


def measured(rows: pd.DataFrame, criterion: Criterion, confidence: float) -> Measured:
    """A criterion's number on the queries that have a value of both arms, with its t interval over places.

    The interval of a ratio is that of a mean whose units weigh as much as `theirs` has error: the linearisation of
    a ratio (Cochran 1977, section 6.5).
    """
    rows = rows[rows.method.isin([criterion.ours, criterion.theirs])]
    for name in ("setting", "metric", "alignment", "region", "ev", "dark"):
        wanted = getattr(criterion, name)
        if wanted is not None:
            rows = rows[rows[name] == wanted]
    if rows.method.nunique() < 2:
        return Measured(math.nan, math.nan, math.nan, 0, None)
    paired = pair(rows, ["method"])
    kept = paired.kept()
    sums = paired.sums(paired.values, kept[:, None, None])  # (places, 1, arms, 1)
    ours, theirs = (sums[:, :, paired.cells.index((name,))] for name in (criterion.ours, criterion.theirs))
    values, weights = (ours, theirs[:, 0]) if criterion.kind == "ratio" else (ours - theirs, paired.counts(kept))
    value, low, high = (number.item() for number in mean_interval(values, weights, confidence))
    met = criterion.least <= value <= criterion.most
    if criterion.excludes is not None:
        met = met and (high < criterion.excludes if value < criterion.excludes else low > criterion.excludes)
    return Measured(value, low, high, int(kept.sum()), bool(met) if math.isfinite(value) else None)
