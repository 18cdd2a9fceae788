"""The split into training, validation and test scenes, by source."""

import pandas as pd

from metahdr.errors import UserError
from metahdr.seeds import named_rng


def split_sources(sources: list[str], shares: dict[str, float], seed: int) -> dict[str, str]:
    """The split of each source.

    Every source draws a number from the seed and its own name; the sources in the order of these numbers are
    cut into validation, test and training. A new source thus moves few others. Validation and test get the
    rounded share, training gets the rest.

    Raises:
        UserError: too few sources for three parts that are not empty.
    """
    order = sorted(sources, key=lambda source: (named_rng(seed, "split", source).random(), source))
    counts = {part: max(round(shares[part] * len(order)), 1) for part in ("validation", "test") if shares[part]}
    if sum(counts.values()) >= len(order):
        raise UserError(f"{len(order)} usable source(s) are too few for training, validation and test scenes")
    parts = [part for part, count in counts.items() for _ in range(count)]
    parts += ["train"] * (len(order) - len(parts))
    return dict(zip(order, parts, strict=True))


def scenes_table(tables: list[pd.DataFrame], shares: dict[str, float], seed: int) -> pd.DataFrame:
    """All scenes of all sources, one row each, with their split; dropped scenes have none."""
    scenes = pd.concat(tables, ignore_index=True)
    split = split_sources(sorted(set(scenes.loc[scenes.kept, "source"])), shares, seed)
    scenes.insert(2, "split", scenes.source.map(split).where(scenes.kept))
    return scenes.sort_values("source", kind="stable", ignore_index=True)  # a source's scenes keep their order
