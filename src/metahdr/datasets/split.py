"""The split into training, validation and test scenes, by source."""

import pandas as pd

from metahdr.errors import UserError
from metahdr.seeds import named_rng


def split_sources(
    sources: list[str], shares: dict[str, float], seed: int, fixed: dict[str, str] | None = None
) -> dict[str, str]:
    """The split of each source.

    Every source draws a number from the seed and its own name. In the order of these numbers, the first sources
    are for validation, the next for test, the rest for training; a new source thus moves few others. Validation
    and test get their share of the number of sources, rounded, at least one if the share is above 0.

    Args:
        sources: names.
        shares: of train, validation and test; they add up to 1.
        seed: the configuration's.
        fixed: splits of some sources, which count towards the shares.

    Raises:
        UserError: too few sources for three splits that are not empty.
    """
    fixed = {source: part for source, part in (fixed or {}).items() if source in sources}
    order = sorted(sources, key=lambda source: (named_rng(seed, "split", source).random(), source))
    order = [source for source in order if source not in fixed]
    counts = {part: max(round(shares[part] * len(sources)), 1) for part in ("validation", "test") if shares[part]}
    parts = [part for part, n in counts.items() for _ in range(n - list(fixed.values()).count(part))]
    rest = len(order) - len(parts)
    if rest < 0 or (rest == 0 and "train" not in fixed.values()):
        raise UserError(f"{len(sources)} usable source(s) are too few for training, validation and test scenes")
    return fixed | dict(zip(order, [*parts, *["train"] * rest], strict=True))


def scenes_table(
    tables: list[pd.DataFrame], shares: dict[str, float], seed: int, fixed: dict[str, str] | None = None
) -> pd.DataFrame:
    """All scenes of all sources, one row each, with their split; dropped scenes have none."""
    scenes = pd.concat(tables, ignore_index=True)
    split = split_sources(sorted(set(scenes.loc[scenes.kept, "source"])), shares, seed, fixed)
    scenes.insert(2, "split", scenes.source.map(split).where(scenes.kept))
    return scenes.sort_values("source", kind="stable", ignore_index=True)  # a source's scenes keep their order
