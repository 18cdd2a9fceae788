"""Reading of the tables that stages hand on."""

from pathlib import Path

import pandas as pd

_NAMES = dict.fromkeys(("scene", "source", "sha256", "split", "run", "mode", "method", "arm"), str)


def read_table(path: Path) -> pd.DataFrame:
    """A CSV table in which names stay names: a source may be called 001 or null. Empty cells are missing."""
    return pd.read_csv(path, dtype=_NAMES, keep_default_na=False, na_values=[""])
