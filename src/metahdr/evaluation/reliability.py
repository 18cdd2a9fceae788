"""How often the intervals of the tables hold the true mean, by simulation."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from metahdr.evaluation.comparison import pair
from metahdr.evaluation.interval import mean_interval
from metahdr.evaluation.scores import CELL
from metahdr.evaluation.summary import of_cells

PLACES = (2, 3, 4, 6, 8, 16)
SHAPES = {  # of how places differ, standard deviation 1
    "normal": lambda rng, size: rng.normal(size=size),
    "skewed": lambda rng, size: rng.exponential(size=size) - 1,
}


class Spread(NamedTuple):
    """How a difference of two cells varies: standard deviations, in the metric's unit.

    Attributes:
        places: of the places' true means.
        seeds: of the means of seeds of training.
        images: of the images of one place.
        count: images of a place.
        repetitions: number of seeds.
    """

    places: float
    seeds: float
    images: float
    count: int
    repetitions: int


def spread(scores: pd.DataFrame, cell: tuple, reference: tuple, metric: str) -> Spread:
    """How a cell's difference from another varies, by the method of moments; plain, over whole images.

    Args:
        scores: see `score_folder`.
        cell, reference: method, label source and mode of each.

    Raises:
        ValueError: the two are not paired.
    """
    rows = scores[(scores.metric == metric) & (scores.alignment == "plain") & (scores.region == "all")]
    paired = pair(of_cells(rows, [cell, reference]), CELL, "seed")
    first, second = (paired.cells.index(wanted) for wanted in (cell, reference))
    differences = pd.DataFrame(paired.values[:, :, first, 0] - paired.values[:, :, second, 0])
    seeds, places = differences.mean(axis=0), differences.mean(axis=1).groupby(paired.places)
    images, count = places.std().mean(), round(places.size().mean())
    between = np.sqrt(max(places.mean().var() - images**2 / count, 0))
    return Spread(between, seeds.std() if len(seeds) > 1 else 0.0, images, count, len(seeds))


def coverage(spread: Spread, confidence: float, trials: int = 2000, seed: int = 0) -> pd.DataFrame:
    """How often t intervals hold the true mean, 0, of data that vary as `spread` says, by the number of places.

    Places differ normally, or with a long tail to one side (an exponential distribution).

    Args:
        confidence: of the intervals: how often they should.
        trials: simulated tables for each number of places; 2000 give +-0.01.

    Returns:
        shape, places, coverage, width (the median).
    """
    rng, rows = np.random.default_rng(seed), []
    for shape, draw in SHAPES.items():
        for places in PLACES:
            means = spread.places * draw(rng, (places, 1, trials))
            means = means + spread.seeds * rng.normal(size=(1, spread.repetitions, trials))
            noise = spread.images / np.sqrt(spread.count)
            means = means + noise * rng.normal(size=(places, spread.repetitions, trials))
            _, low, high = mean_interval(means, np.ones((places, 1)), confidence)
            covered, width = ((low <= 0) & (high >= 0)).mean(), np.median(high - low)
            rows.append({"shape": shape, "places": places, "coverage": covered, "width": width})
    return pd.DataFrame(rows)
