"""Reading of the tables that one stage writes for another."""

from pathlib import Path

import pandas as pd

_NAMES = dict.fromkeys(("scene", "source", "sha256", "split", "method", "run", "mode", "arm", "metric"), str)


def read_table(path: Path) -> pd.DataFrame:
    """A CSV table. Names are text, also such as 001 and null; empty cells are missing values."""
    return pd.read_csv(path, dtype=_NAMES, keep_default_na=False, na_values=[""])
