"""No method is judged by scenes that it was trained on, and none labels them."""

from pathlib import Path

import pandas as pd

from metahdr.errors import UserError
from metahdr.methods.base import Method


def check_unseen(
    scenes: pd.DataFrame, method: Method, weights: Path | None = None, places: dict[str, str] | None = None
) -> None:
    """Refuses a method that was trained on validation or test sources, or on others of the same place.

    Both the names of sources and the SHA-256 of their raw HDR files are compared: the same panorama may have
    another name in another dataset, or other bytes at another resolution.

    Args:
        scenes: the table of a fold's scenes.
        weights: the method's weight file, for the message.
        places: of sources of other datasets too, by the source's name; those of `scenes` are known.

    Raises:
        UserError: names the validation and test sources that the method was trained on.
    """
    trained_on = method.trained_on()
    names = {digest: name for name, digest in trained_on.items() if digest}
    sources, seen = scenes[scenes.split.notna()].drop_duplicates("source"), []
    places = (places or {}) | dict(zip(sources.source, sources.place, strict=True))
    neighbours = {places[name]: name for name in trained_on if name in places}
    for split in ("validation", "test"):
        found = []
        rows = sources.loc[sources.split == split, ["source", "sha256", "place"]]
        for source, digest, place in rows.itertuples(index=False):
            if source in trained_on:
                found.append(source)
            elif digest in names:
                found.append(f"{source} (under the name {names[digest]})")
            elif place in neighbours:
                found.append(f"{source} (the same place as {neighbours[place]})")
        if found:
            seen.append(f"{split}: {', '.join(sorted(found))}")
    if seen:
        raise UserError(
            f"{weights or method.title} was trained on scenes that this run keeps from training "
            f"({'; '.join(seen)}).\n  Take weights that are trained on this run's training scenes (label.weights: "
            "train), leave the method out of score.methods, or keep the default split, in its fold 0"
        )
