import numpy as np
import pandas as pd
import pytest

from metahdr.evaluation.reliability import PLACES, Spread, coverage, spread


@pytest.fixture(scope="module")
def found():
    table = coverage(Spread(places=0.5, seeds=0.0, images=1.0, count=18, repetitions=1), 0.95, trials=1500)
    return table.set_index(["shape", "places"]).sort_index()


def test_t_intervals_of_normal_places_cover_as_often_as_they_say(found):
    np.testing.assert_allclose(found.coverage["normal"], 0.95, atol=0.02)


def test_skewed_places_are_covered_somewhat_less_often(found):
    assert (found.coverage["skewed"] < 0.96).all() and (found.coverage["skewed"] > 0.9).all()


def test_the_price_is_width_which_more_places_lower(found):
    widths = found.width["normal"]
    assert list(widths.index) == list(PLACES) and (widths.diff().dropna() < 0).all()


def test_the_spread_of_many_places_is_what_they_were_drawn_with():
    rng, rows = np.random.default_rng(0), []
    seeds = (-0.3, 0.3)
    for place in range(400):
        at = 0.5 * rng.normal()
        for image in range(9):
            truth = at + rng.normal()
            row = {"place": f"p{place}", "fold": 0, "scene": f"s{image}", "ev": 0.0, "metric": "psnr"}
            row |= {"alignment": "plain", "region": "all", "label_source": "true", "method": "metahdr"}
            for seed, effect in enumerate(seeds):
                row |= {"seed": str(seed)}
                rows.append(row | {"mode": "single", "value": 7.0 * image})
                rows.append(row | {"mode": "adapted_true", "value": 7.0 * image + truth + effect})
    cells = ("metahdr", "true", "adapted_true"), ("metahdr", "true", "single")
    found = spread(pd.DataFrame(rows), *cells, "psnr")
    assert found == pytest.approx((0.5, 0.3 * np.sqrt(2), 1.0, 9, 2), rel=0.07)
