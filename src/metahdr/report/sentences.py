"""What the numbers say and what they do not, as sentences made from the numbers."""

import pandas as pd

from metahdr.evaluation.scores import NONE, failures, reasons
from metahdr.evaluation.summary import FEW_PLACES, contrast
from metahdr.evaluation.tried import Tried, tried
from metahdr.metrics.fidelity import PSNR
from metahdr.metrics.metric import Metric
from metahdr.metrics.protocols import PAPER
from metahdr.registry import METRICS
from metahdr.report.results import Cell, Column, Results, distinct, metric_of
from metahdr.report.table import verdict
from metahdr.report.tables import measured, number, short_heading
from metahdr.report.titles import cell_title, training_title

CONTROL = "joint"  # the variant that is trained without meta-learning


def findings(results: Results) -> list[str]:
    """What the numbers say, most important first."""
    texts = [_against_best(results, cell) for cell in dict.fromkeys((results.main, results.single))]
    texts += [_adaptation(results), _against_control(results)]
    return [text for text in texts if text]


def limits(results: Results) -> list[str]:
    """What the numbers do not say."""
    return [
        _places(results),
        _seeds(results),
        _clipping(results),
        _choices(tried(results.data, results.scores)),
        _failures(results),
    ]


def _against_best(results: Results, cell: Cell) -> str:
    """Whether a cell beats the best baseline with the same inputs, for every column of the first screen."""
    outcomes: dict[tuple[str, str], list[str]] = {}
    for column in results.first_columns:
        row, best = results.rows["all", cell, column], results.best(cell, column)
        if best:
            outcome = verdict(metric_of(column), row.over_best_low, row.over_best_high)
            outcomes.setdefault((outcome, cell_title(*best)), []).append(measured(column, row.over_best, "+"))
    said = {"up": "beats", "down": "is beaten by", "": "cannot be told apart from"}
    parts = [f"{said[outcome]} {best} ({', '.join(amounts)})" for (outcome, best), amounts in outcomes.items()]
    title = f"{cell_title(*cell)} ({training_title(cell.label_source)})"
    return f"Against the best baseline that was given no more, {title} {', and '.join(parts)}." if parts else ""


def _adaptation(results: Results) -> str:
    """The gain over the same network's single shot."""
    told, small = [], []
    for column in results.first_columns:
        row, metric = results.rows["all", results.main, column], metric_of(column)
        if pd.notna(row.gain):
            spread = max(_spread(row), _spread(results.rows["all", results.single, column]))
            certain = verdict(metric, row.gain_low, row.gain_high) and abs(row.gain) > spread
            text = f"{_interval(metric, row.gain_low, row.gain_high)}, {100 * row.improved:.0f} % of images better"
            (told if certain else small).append(f"{measured(column, row.gain, '+')} {text}")
    parts = [f"Adaptation changes the network's own single shot by {', '.join(told)}."] if told else []
    if small:
        changes = "Other changes are" if told else "What adaptation changes is"
        parts.append(f"{changes} within the spread over seeds, or the interval holds 0: {', '.join(small)}.")
    return " ".join(parts)


def _against_control(results: Results) -> str:
    """Whether meta-learning was needed: against plain training on the same images, not adapted and adapted alike.

    A gain over one's own single shot can be a single shot made worse; the control's single shot decides. The
    columns are the paper's PSNR and the one that scenes are ranked by.
    """
    columns = dict.fromkeys([*results.has([(PSNR.name, "plain")]), results.ranking])
    told = {short_heading(column): _over_control(results, column) for column in columns}
    text = "; ".join(f"in {heading} {said}" for heading, said in told.items() if said)
    control = "against the control, which is the same network trained without meta-learning"
    return f"{cell_title(*results.main)}, {control}: {text}." if text else ""


def _over_control(results: Results, column: Column) -> str:
    """The differences in one column from the control's single shot, and from the control adapted alike."""
    metric, known, parts = metric_of(column), distinct(results.summary, Cell), []
    for mode, title in (("single", "its single shot"), (results.main.mode, "it adapted alike")):
        control = Cell(CONTROL, results.main.label_source, mode)
        if control not in known:
            continue
        table = contrast(results.scores, results.main, control, results.confidence)
        row = table.set_index(["metric", "alignment", "region"]).loc[column[:3]]
        ends = row.difference_low, row.difference_high
        cells = (results.main, control)
        spread = max(_spread(results.rows.get(("all", cell, column))) for cell in cells)
        said = {"up": "better", "down": "worse", "": "not told apart"}[verdict(metric, *ends)]
        if said != "not told apart" and abs(row.difference) <= spread:
            said = "within the spread over seeds"
        if any(len(results.seeds[cell]) == 1 for cell in cells):
            said += " (one seed: how much seeds differ is not in this interval)"
        gap = f"{number(metric, row.difference, '+')} {metric.unit} {_interval(metric, *ends)}"
        parts.append(f"over {title} {gap}, {said}")
    return "; ".join(parts)


def _places(results: Results) -> str:
    places, percent = int(results.common.places.max()), 100 * results.confidence
    seeds = " and seeds" if results.common.seed_low.notna().any() else ""
    text = (
        f"The test scenes are views of {_count(places, 'place')}, and views of one place are alike. Intervals are "
        f"{percent:g} % t intervals over places{seeds}: where the mean over places like these may lie, "
        "if places differ about normally"
    )
    few = f"; with {places} of them nothing shows whether they do" if places < FEW_PLACES else ""
    return f"{text}{few}. Of other kinds of places they say nothing."


def _seeds(results: Results) -> str:
    column = results.ranking
    rows = [results.rows.get(("all", cell, column)) for cell in results.cells if cell.label_source != NONE]
    spreads = [_spread(row) for row in rows if row is not None and pd.notna(row.seed_low)]
    if not spreads:
        return "Every network was trained once: how much another seed would change its numbers is not known."
    return (
        f"Between {len(results.seeds[results.main])} seeds of one training the mean differs by up to "
        f"{measured(column, max(spreads))}. Networks that differ by less are not told apart."
    )


def _clipping(results: Results) -> str:
    """How much of the truth the paper's protocol cuts."""
    top, values, above = PAPER.range[1], 0, 0
    lost: dict[float, list[int]] = {}  # of clipped values, how many are cut in the truth, and of how many
    for scene in results:
        values, above = values + scene.hdr.numel(), above + int((scene.hdr > top).sum())
        for ev, exposure in zip(scene.evs, scene.ldr, strict=True):
            gone = scene.hdr[exposure >= 1] >= top
            counts = lost.setdefault(ev, [0, 0])
            counts[0] += int(gone.sum())
            counts[1] += gone.numel()
    shares = [f"{100 * cut / of:.0f} % at EV {ev:+g}" for ev, (cut, of) in lost.items() if of]
    text = (
        f"The paper's SSIM and PSNR cut truth and prediction at {top:g}, which concerns "
        f"{100 * above / values:.1f} % of the truth's values"
    )
    if shares:
        text += f": {', '.join(shares)} of what the input lost to clipping is then exactly {top:g}"
    return (
        f"{text}. They can hardly see whether highlights were reconstructed. PU21 cuts at 10,000 cd/m², and "
        "ColorVideoVDP at its display's peak."
    )


def _choices(tried: Tried) -> str:
    """How many configurations were tried, and what was chosen by what."""
    configurations = _count(tried.variants * tried.label_sources, "configuration")
    return (
        f"{configurations} of meta-training tried in this run ({_count(tried.trainings, 'network')}); all are in "
        f"the tables. {_count(tried.checkpoints, 'checkpoint')} were compared, each training keeping its best by "
        f"{METRICS[tried.metric].title} after adaptation on {tried.split} places. No number of a test place chose "
        "a network. What was tried before this run is not known here."
    )


def _failures(results: Results) -> str:
    failed = failures(results.scores)
    if failed.empty:
        return "No prediction failed."
    return f"{_count(len(failed), 'failed prediction')} ({reasons(failed)}): scored as black images, not left out."


def _spread(row) -> float:
    """Between the seeds' means; 0 where there is one seed."""
    return 0.0 if row is None or pd.isna(row.seed_low) else row.seed_high - row.seed_low


def _interval(metric: Metric, low: float, high: float) -> str:
    return f"[{number(metric, low, '+')}, {number(metric, high, '+')}]"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
